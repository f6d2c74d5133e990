-- How many sources there were on all pages as the log stood at a position.
-- $1 position  $2 kind or NULL
SELECT count(*) AS count
  FROM sources s
 WHERE s.position <= $1
   AND ($2::text IS NULL OR $2 = (SELECT v.kind FROM source_versions v
                                   WHERE v.slug = s.slug AND v.position <= $1 ORDER BY v.position DESC LIMIT 1))
