-- How far the log has been published to a stream.
-- $1 its name
SELECT position FROM publications WHERE stream = $1
