-- Whoever has a claim that is part of one of these incidents, by however many steps, and all that those are part of.
-- $1 incidents, which do not come back  $2 others with all that they are part of
WITH RECURSIVE below (incident) AS (
        SELECT unnest($1::uuid[])
         UNION
        SELECT p.incident FROM below b JOIN region_parts p ON p.above = b.incident
       ), above (incident) AS (
        (SELECT incident FROM below UNION SELECT unnest($2::uuid[]))
         UNION
        SELECT p.above FROM above a JOIN region_parts p ON p.incident = a.incident
       )
SELECT m.incident, m.member
  FROM region_members m
 WHERE m.incident IN (SELECT incident FROM above EXCEPT SELECT unnest($1::uuid[]))
