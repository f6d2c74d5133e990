-- A page of campaigns by code, each as the log stood at a position; one row always comes back.
-- $1 position  $2 codes that it is one of, or NULL  $3 code of the cursor, or NULL  $4 how many
SELECT f.reached, p.code, p.position, p.document
  FROM (SELECT (SELECT position FROM followers WHERE name = 'campaigns' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (
        SELECT c.code, v.position, v.document
          FROM campaign_codes c
         CROSS JOIN LATERAL (SELECT v.position, v.document FROM campaign_versions v
                              WHERE v.code = c.code AND v.position <= $1 ORDER BY v.position DESC LIMIT 1) v
         WHERE c.code > coalesce($3::text COLLATE "C", '') AND c.position <= $1
           AND ($2::text[] IS NULL OR c.code = ANY ($2))
         ORDER BY c.code
         LIMIT $4) p ON true
 ORDER BY p.code
