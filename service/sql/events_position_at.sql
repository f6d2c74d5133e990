-- The last position that had been recorded at a moment.
-- $1 the moment
SELECT position_at($1) AS position
