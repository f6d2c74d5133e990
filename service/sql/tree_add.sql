-- Add hashes to the tree.
-- $1 level, $2 first and $3 hashes of each piece
INSERT INTO tree_hashes (level, first, hashes) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
