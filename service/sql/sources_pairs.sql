-- How these pairs of sources agreed last.
-- $1 slugs  $2 for each of them, another
SELECT s.slug, s.other, v.agree, v.disagree
  FROM unnest($1::text[] COLLATE "C", $2::text[] COLLATE "C") AS s (slug, other)
 CROSS JOIN LATERAL (SELECT v.agree, v.disagree FROM source_pairs v
                      WHERE v.slug = s.slug AND v.other = s.other ORDER BY v.position DESC LIMIT 1) v
