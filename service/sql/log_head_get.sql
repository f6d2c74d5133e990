-- The last position and when it was recorded.
SELECT position, recorded_at FROM log_head
