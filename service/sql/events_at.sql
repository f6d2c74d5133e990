-- Events by position, as they were recorded.
-- $1 positions
SELECT position, event_id, incident, revision, type, schema_version, recorded_at, actor, data
  FROM events WHERE position = ANY ($1::bigint[])
