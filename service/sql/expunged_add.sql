-- Take the data of events out of the log; only its owner may. See migrations/V0008__expunge.sql.
-- $1 positions  $2 who does it  $3 why
SELECT expunge_events($1::bigint[], $2, $3)
