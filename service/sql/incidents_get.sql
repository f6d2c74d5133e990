-- Incidents as they stand, and the head of the log; one row always comes back.
-- $1 incidents
SELECT h.position AS head, i.incident, i.revision, i.status, i.document
  FROM log_head h LEFT JOIN incidents i ON i.incident = ANY ($1::uuid[])
