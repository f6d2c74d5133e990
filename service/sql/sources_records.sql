-- The last records of these sources.
-- $1 slugs
SELECT s.slug, v.record
  FROM unnest($1::text[] COLLATE "C") AS s (slug)
 CROSS JOIN LATERAL (SELECT v.record FROM source_versions v WHERE v.slug = s.slug ORDER BY v.position DESC LIMIT 1) v
