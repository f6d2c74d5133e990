-- Signed checkpoints of trees larger than a size, the smallest first.
-- $1 size  $2 how many
SELECT size, root, signed_at, note FROM cosigned_checkpoints WHERE size > $1 ORDER BY size LIMIT $2
