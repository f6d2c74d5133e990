-- The latest signed checkpoint.
SELECT size, root, signed_at, note FROM cosigned_checkpoints ORDER BY size DESC LIMIT 1
