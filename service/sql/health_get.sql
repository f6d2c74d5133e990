-- What a ready service needs: the log's head, and that this role may append to it.
SELECT position, recorded_at, pg_is_in_recovery() AS standby FROM log_head
