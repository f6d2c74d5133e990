-- What these regions come to now.
-- $1 codes
SELECT c.code, v.document
  FROM unnest($1::text[] COLLATE "C") AS c (code)
 CROSS JOIN LATERAL (SELECT v.document FROM region_versions v WHERE v.code = c.code ORDER BY v.position DESC LIMIT 1) v
