-- A source's record as the log stood at a position; one row always comes back.
-- $1 position  $2 slug
SELECT f.reached, v.slug, v.position, v.record
  FROM (SELECT (SELECT position FROM followers WHERE name = 'sources' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (SELECT v.slug, v.position, v.record FROM source_versions v
                      WHERE v.slug = $2 AND v.position <= $1 ORDER BY v.position DESC LIMIT 1) v ON true
