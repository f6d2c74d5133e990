-- The same, held until the transaction ends: it moves no further meanwhile.
-- $1 name  $2 whether the one that is being built
SELECT version, position, error FROM followers WHERE name = $1 AND building = $2 FOR UPDATE
