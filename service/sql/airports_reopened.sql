-- Whether a closure of an airport was over by a time, and when the last one was; one row always comes back.
-- $1 as the log stood at this position  $2 that time in the world  $3 the airport
SELECT f.reached, r.ends IS NOT NULL AS over, CASE WHEN r.ended_at IS NULL THEN r.ends END AS reopened_at
  FROM (SELECT (SELECT position FROM followers WHERE name = 'airports' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (
        SELECT ends, ended_at
          FROM airport_disruptions
         WHERE position <= $1 AND until > $1 AND airport = $3 AND role = 'closed' AND ends <= $2
         ORDER BY ends DESC
         LIMIT 1) r ON true
