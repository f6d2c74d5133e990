-- Whether the session that holds locks is still there.
SELECT true
