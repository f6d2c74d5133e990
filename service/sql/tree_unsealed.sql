-- The next leaves after a position: their hashes, one after the other, and how far they lead without a gap if it is to be so.
-- $1 after this position  $2 how many at most
SELECT count(*) AS count, coalesce(max(e.position), $1) AS last, string_agg(sha256('\x00'::bytea || convert_to(log_leaf(e), 'UTF8')), '' ORDER BY e.position) AS hashes
  FROM (SELECT e.* FROM events e, log_head h WHERE e.position > $1 AND e.position <= h.position ORDER BY e.position LIMIT $2) e
