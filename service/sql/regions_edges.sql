-- The last incident of each of these regions, but for some incidents.
-- $1 codes  $2 the incidents that are left aside
SELECT c.code, NULL AS first, x.start AS last, x.incident::text AS incident,
       NULL::float8 AS west, NULL::float8 AS south, NULL::float8 AS east, NULL::float8 AS north
  FROM unnest($1::text[] COLLATE "C") AS c (code)
 CROSS JOIN LATERAL (SELECT start, incident FROM region_extents
                      WHERE code = c.code AND incident <> ALL ($2::uuid[])
                      ORDER BY start DESC, incident DESC LIMIT 1) x
