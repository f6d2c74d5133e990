-- What a campaign came to as the log stood at a position; one row always comes back.
-- $1 position  $2 code
SELECT f.reached, v.position, v.document
  FROM (SELECT (SELECT position FROM followers WHERE name = 'campaigns' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (SELECT v.position, v.document FROM campaign_versions v
                      WHERE v.code = $2 AND v.position <= $1 ORDER BY v.position DESC LIMIT 1) v ON true
