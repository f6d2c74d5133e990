-- What is said of one airport at a time: closed, since when as far as that is said, and when a closure was over last.
-- $1 as the log stood at this position  $2 at this time in the world  $3 the airport
SELECT (SELECT f.position FROM followers f WHERE f.name = 'airports' AND NOT f.building) AS reached,
       now_closed.closed, now_closed.since, was_closed.airport IS NOT NULL AS over,
       CASE WHEN was_closed.ended_at IS NULL THEN was_closed.ends END AS reopened_at
  FROM (SELECT count(*) > 0 AS closed, min(r.begins) FILTER (WHERE NOT r.undated) AS since
          FROM airport_reports r
         WHERE r.position <= $1 AND r.until > $1 AND r.airport = $3 AND r.role = 'closed'
           AND tstzrange(r.begins, r.ends) @> $2::timestamptz) now_closed
  LEFT JOIN (SELECT r.airport, r.ends, r.ended_at
               FROM airport_reports r
              WHERE r.position <= $1 AND r.until > $1 AND r.airport = $3 AND r.role = 'closed' AND r.ends <= $2
              ORDER BY r.ends DESC
              LIMIT 1) was_closed ON true
