-- What is known of the expunged events among some positions.
-- $1 positions
SELECT position, instant(expunged_at) AS at, actor, reason FROM expunged WHERE position = ANY ($1::bigint[])
