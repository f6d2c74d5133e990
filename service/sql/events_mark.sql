-- One event and the head of the log, by which a token is known to be of this log, how many events are expunged by
-- now, and in which version incidents are rendered; one row always comes back.
-- $1 position, or NULL for the last event
SELECT h.position AS head, (SELECT count(*) FROM expunged) AS expunged,
       coalesce((SELECT f.version FROM followers f WHERE f.name = 'incidents' AND NOT f.building), 0) AS edition,
       e.position, e.event_id, e.recorded_at
  FROM log_head h LEFT JOIN events e ON e.position = coalesce($1::bigint, h.position)
