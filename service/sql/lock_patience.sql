-- How long this transaction may wait for a lock.
-- $1 such as 500ms
SELECT set_config('lock_timeout', $1, true)
