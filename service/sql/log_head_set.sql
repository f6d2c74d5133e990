-- Let the log end at a position: of a copy of a log, which was loaded and not appended.
-- $1 position  $2 when it was recorded
UPDATE log_head SET position = $1, recorded_at = $2
