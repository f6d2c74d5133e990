-- One follower: the one that serves, or the one that is being built.
-- $1 name  $2 whether the one that is being built
SELECT version, position, error FROM followers WHERE name = $1 AND building = $2
