-- The histories of several incidents, up to a position.
-- $1 incidents  $2 up to this position
SELECT position, event_id, incident, revision, type, schema_version, recorded_at, actor, data
  FROM events WHERE incident = ANY ($1::uuid[]) AND position <= $2 ORDER BY incident, revision
