-- The next events of the log, each as the line that is served, in order.
-- $1 after this position  $2 not after this one  $3 incident, or NULL  $4 actor, or NULL  $5 type, or NULL  $6 how many
SELECT e.position, convert_to(log_line(e), 'UTF8') AS line
  FROM events e
 WHERE e.position > $1
   AND e.position <= $2
   AND ($3::uuid IS NULL OR e.incident = $3)
   AND ($4::text IS NULL OR e.actor = $4)
   AND ($5::text IS NULL OR e.type = $5)
 ORDER BY e.position
 LIMIT $6
