-- Keep how far the log has been published to a stream.
-- $1 its name  $2 the position
INSERT INTO publications (stream, position) VALUES ($1, $2)
    ON CONFLICT (stream) DO UPDATE SET position = excluded.position
