-- Keep what a witness says of the checkpoint of a size: one line of each witness, the first to come.
-- $1 size  $2 witness  $3 line
INSERT INTO cosignatures (size, witness, number, line)
SELECT $1, $2, 1 + count(*), $3 FROM cosignatures c WHERE c.size = $1
    ON CONFLICT (size, witness) DO NOTHING
