-- Which claims of incidents in an interval are said to be included in claims of other incidents, and those in turn in whose.
-- $1 at this position, or NULL for the last  $2 version of the rule  $3 $4 they began in this interval  $5 message status or NULL
WITH RECURSIVE place AS MATERIALIZED (
    SELECT f.position AS reached, coalesce($1::bigint, f.position) AS position
      FROM (SELECT (SELECT f.position FROM followers f WHERE f.name = 'measures' AND NOT f.building) AS position) f
), edge AS (
    SELECT m.incident, e.claim, e.in_incident, e.in_claim
      FROM place p CROSS JOIN measures m CROSS JOIN unnest(m.part_claims, m.part_incidents, m.part_of) AS e (claim, in_incident, in_claim)
     WHERE m.part_claims IS NOT NULL AND m.occurred >= $3 AND m.occurred < $4 AND m.occurred > '-infinity'
       AND m.repeats = 0 AND $2::integer BETWEEN m.rule_from AND m.rule_to AND m.position <= p.position AND m.until > p.position
       AND ($5::text IS NULL OR m.message_status = $5)
    UNION
    SELECT m.incident, e.claim, e.in_incident, e.in_claim
      FROM edge x CROSS JOIN place p JOIN measures m ON m.incident = x.in_incident
           CROSS JOIN unnest(m.part_claims, m.part_incidents, m.part_of) AS e (claim, in_incident, in_claim)
     WHERE m.part_claims IS NOT NULL AND m.repeats = 0 AND $2 BETWEEN m.rule_from AND m.rule_to
       AND m.position <= p.position AND m.until > p.position
)
SELECT p.reached, p.position, e.incident, e.claim, e.in_incident, e.in_claim
  FROM place p LEFT JOIN edge e ON true
