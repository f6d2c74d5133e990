-- Keep a signed checkpoint.
-- $1 size  $2 root  $3 note
INSERT INTO signed_checkpoints (size, root, signed_at, note) VALUES ($1, $2, clock_timestamp(), $3)
