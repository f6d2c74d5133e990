-- Put what was built in the place of what serves.
-- $1 name  $2 its tables
SELECT serve_built($1, $2::text[])
