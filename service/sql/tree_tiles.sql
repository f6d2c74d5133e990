-- The hashes of tiles, as far as they have any.
-- $1 level and $2 number of each tile
SELECT t.level, t.number, string_agg(h.hashes, '' ORDER BY h.first) AS hashes
  FROM unnest($1::smallint[], $2::bigint[]) t(level, number)
  JOIN tree_hashes h ON h.level = t.level AND h.first >= t.number * 256 AND h.first < (t.number + 1) * 256
 GROUP BY t.level, t.number
