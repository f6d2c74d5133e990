-- The next entries of the trail, in order, each as it is served.
-- $1 after this number  $2 how many
SELECT t.number, trail_entry(t) AS entry FROM trail t WHERE t.number > $1 ORDER BY t.number LIMIT $2
