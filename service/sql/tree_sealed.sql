-- The latest signed checkpoint.
SELECT size, root, signed_at, note FROM checkpoints ORDER BY size DESC LIMIT 1
