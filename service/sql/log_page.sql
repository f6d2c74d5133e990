-- One page of the log as ready bytes, joined by $6, with the head it was read at.
-- $1 after this position  $2 not after this one, or NULL  $3 incident, or NULL  $4 actor, or NULL  $5 type, or NULL  $6 separator  $7 how many
SELECT convert_to(string_agg(log_line(e), $6 ORDER BY e.position), 'UTF8') AS lines, count(*) AS count, max(e.position) AS last,
       (SELECT position FROM log_head) AS head
  FROM (SELECT * FROM events
         WHERE position > $1
           AND ($2::bigint IS NULL OR position <= $2)
           AND ($3::uuid IS NULL OR incident = $3)
           AND ($4::text IS NULL OR actor = $4)
           AND ($5::text IS NULL OR type = $5)
         ORDER BY position
         LIMIT $7) e
