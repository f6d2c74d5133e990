-- How far each of these campaigns reaches, but for some incidents.
-- $1 codes  $2 the incidents that are left aside
SELECT code, min(start) AS first, max(start) AS last,
       (array_agg(incident::text ORDER BY start DESC NULLS LAST, incident DESC))[1] AS incident,
       min(west) AS west, min(south) AS south, max(east) AS east, max(north) AS north
  FROM campaign_extents
 WHERE code = ANY ($1::text[] COLLATE "C") AND incident <> ALL ($2::uuid[])
 GROUP BY code
