-- These incidents no longer count as they did.
-- $1 incidents  $2 codes  $3 and for each, an incident that was there
WITH members AS (DELETE FROM region_members WHERE incident = ANY ($1::uuid[])),
     parts AS (DELETE FROM region_parts WHERE incident = ANY ($1))
DELETE FROM region_extents x
 USING unnest($2::text[], $3::uuid[]) AS e (code, incident)
 WHERE x.code = e.code AND x.incident = e.incident
