-- The size of the last checkpoint that a witness has cosigned; 0 if it has none.
-- $1 witness
SELECT coalesce(max(size), 0) AS size FROM cosignatures WHERE witness = $1
