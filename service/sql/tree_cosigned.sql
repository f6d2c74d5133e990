-- The latest checkpoint with so many cosignatures.
-- $1 how many at least
SELECT size, root, signed_at, note FROM cosigned_checkpoints WHERE size = (SELECT max(c.size) FROM cosignatures c WHERE c.number = $1)
