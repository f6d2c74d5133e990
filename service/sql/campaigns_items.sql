-- What can be named of a campaign's incidents as the log stood at a position, of each sort what came last first.
-- $1 position  $2 code  $3 sorts  $4 how many of each
SELECT s.sort, i.document
  FROM unnest($3::text[]) AS s (sort)
 CROSS JOIN LATERAL (
        (SELECT position, incident, key, document FROM campaign_items
          WHERE code = $2 AND sort = s.sort AND until = 9223372036854775807 AND position <= $1
          ORDER BY position DESC, incident, key LIMIT $4)
         UNION ALL
        (SELECT position, incident, key, document FROM campaign_items
          WHERE box(point(hashtext(code || sort), position), point(hashtext(code || sort), until))
                @> box(point(hashtext($2 || s.sort), $1), point(hashtext($2 || s.sort), $1))
            AND code = $2 AND sort = s.sort AND position <= $1 AND until > $1 AND until < 9223372036854775807
          ORDER BY position DESC, incident, key LIMIT $4)
         ORDER BY position DESC, incident, key
         LIMIT $4) i
