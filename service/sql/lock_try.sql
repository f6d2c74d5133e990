-- Take a lock that the session keeps until it ends, if nobody has it.
-- $1 its name
SELECT pg_try_advisory_lock(hashtextextended('incident-ledger ' || $1::text, 0))
