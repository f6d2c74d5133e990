-- The leaves of positions, as a C2SP entry bundle: each after its length, two bytes, the first one first.
-- $1 after this position  $2 up to this one
SELECT string_agg(decode(lpad(to_hex(octet_length(l.leaf)), 4, '0'), 'hex') || convert_to(l.leaf, 'UTF8'), '' ORDER BY l.position) AS entries
  FROM (SELECT e.position, log_leaf(e) AS leaf FROM events e WHERE e.position > $1 AND e.position <= $2) l
