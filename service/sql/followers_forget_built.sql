-- Drop what was being built.
-- $1 name  $2 its tables
SELECT forget_built($1, $2::text[])
