-- Begin to build.
-- $1 name  $2 version
INSERT INTO followers (name, building, version) VALUES ($1, true, $2)
