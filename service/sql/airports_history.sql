-- A page of all that is said of one airport, latest word first; one row always comes back.
-- $1 as the log stood at this position  $2 at this time in the world  $3 the airport  $4 how many  $5 no later than this position, $6 $7 and there after this disruption and role
SELECT f.reached, p.position, p.disruption, p.role, p.begins, p.later, p.over, p.undated, p.document
  FROM (SELECT (SELECT position FROM followers WHERE name = 'airports' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (
        SELECT r.position, r.disruption, r.role, r.begins, r.begins > $2 AS later, r.ends <= $2 AS over, r.undated, r.document
          FROM airport_disruptions r
         WHERE r.airport = $3 AND r.position <= $5 AND r.until > $1
           AND ($6::text IS NULL OR r.position < $5 OR (r.disruption, r.role) < ($6 COLLATE "C", $7::text COLLATE "C"))
         ORDER BY r.position DESC, r.disruption DESC, r.role DESC
         LIMIT $4) p ON true
 ORDER BY p.position DESC, p.disruption DESC, p.role DESC
