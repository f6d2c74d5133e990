-- The next events of the log, each as the line that is served, beside the head of the log; one row without an event if there is none.
-- They come in order as a nested loop leaves them: to have it said here costs a sort of what is in order already.
-- $1 after this position  $2 not after this one, or NULL  $3 incident, or NULL  $4 actor, or NULL  $5 type, or NULL  $6 how many
SELECT h.position AS head, l.position, l.line
  FROM log_head h
  LEFT JOIN LATERAL (SELECT e.position, convert_to(log_line(e), 'UTF8') AS line
                       FROM events e
                      WHERE e.position > $1
                        AND ($2::bigint IS NULL OR e.position <= $2)
                        AND ($3::uuid IS NULL OR e.incident = $3)
                        AND ($4::text IS NULL OR e.actor = $4)
                        AND ($5::text IS NULL OR e.type = $5)
                      ORDER BY e.position
                      LIMIT $6) l ON true
