-- The sources that give a number of the same thing most often, and how they agree, as the log stood at a position.
-- $1 position  $2 slug  $3 how many
SELECT s.slug, v.agree, v.disagree
  FROM sources s
 CROSS JOIN LATERAL (SELECT v.agree, v.disagree FROM source_pairs v
                      WHERE v.slug = $2 AND v.other = s.slug AND v.position <= $1 ORDER BY v.position DESC LIMIT 1) v
 WHERE s.position <= $1 AND v.agree + v.disagree > 0
 ORDER BY v.agree + v.disagree DESC, s.slug
 LIMIT $3
