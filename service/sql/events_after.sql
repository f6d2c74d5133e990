-- The events after a position, in order, as they were recorded.
-- $1 after this position  $2 how many at most
SELECT position, event_id, incident, revision, type, schema_version, recorded_at, actor, data
  FROM events WHERE position > $1 ORDER BY position LIMIT $2
