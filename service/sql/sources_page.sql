-- A page of sources by slug, each with its record as the log stood at a position; one row always comes back.
-- $1 position  $2 kind or NULL  $3 slug of the cursor, or NULL  $4 how many
SELECT f.reached, p.slug, p.position, p.record
  FROM (SELECT (SELECT position FROM followers WHERE name = 'sources' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (
        SELECT s.slug, v.position, v.record
          FROM sources s
         CROSS JOIN LATERAL (SELECT v.position, v.kind, v.record FROM source_versions v
                              WHERE v.slug = s.slug AND v.position <= $1 ORDER BY v.position DESC LIMIT 1) v
         WHERE s.slug > coalesce($3::text COLLATE "C", '') AND s.position <= $1 AND ($2::text IS NULL OR v.kind = $2)
         ORDER BY s.slug
         LIMIT $4) p ON true
 ORDER BY p.slug
