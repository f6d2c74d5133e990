-- Stop where it stands, and say why.
-- $1 name  $2 whether the one that is being built  $3 where it stands  $4 why
UPDATE followers SET error = $4, failed_at = now() WHERE name = $1 AND building = $2 AND position = $3
