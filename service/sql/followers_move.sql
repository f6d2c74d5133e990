-- Move on, if it still stands where the caller thinks, and nothing of what he has read is expunged; no row comes back if not.
-- $1 name  $2 whether the one that is being built  $3 version  $4 from  $5 to  $6 how many events were expunged when he read
UPDATE followers SET position = $5
 WHERE name = $1 AND building = $2 AND version = $3 AND position = $4 AND error IS NULL AND (SELECT count(*) FROM expunged) = $6
RETURNING position
