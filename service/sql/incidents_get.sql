-- One incident as it stands, and the head of the log; one row always comes back.
-- $1 incident
SELECT h.position AS head, i.revision, i.position, i.status, i.document
  FROM log_head h LEFT JOIN incidents i ON i.incident = $1
