-- Every follower, and the head of the log that they are compared with.
SELECT h.position AS head, h.recorded_at AS head_recorded_at, f.name, f.building, f.version, f.position, f.error, f.failed_at,
       (SELECT e.recorded_at FROM events e WHERE e.position = f.position + 1) AS next_recorded_at
  FROM log_head h LEFT JOIN followers f ON true
 ORDER BY f.name, f.building
