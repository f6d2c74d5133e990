-- An incident's events in order, and the head of the log that they were read at.
-- $1 incident  $2 last revision wanted, or NULL  $3 last position wanted, or NULL  $4 latest recorded_at wanted, or NULL
SELECT h.position AS head, h.recorded_at AS head_recorded_at,
       e.position, e.event_id, e.revision, e.type, e.schema_version, e.recorded_at, e.actor, e.data
  FROM log_head h
  LEFT JOIN events e ON e.incident = $1
   AND ($2::integer IS NULL OR e.revision <= $2)
   AND ($3::bigint IS NULL OR e.position <= $3)
   AND ($4::timestamptz IS NULL OR e.recorded_at <= $4)
 ORDER BY e.revision
