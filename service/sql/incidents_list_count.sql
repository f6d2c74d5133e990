-- How many incidents the filters of a list match.
-- $1 tags, all of which it has  $2 status or NULL  $3 message status or NULL  $4 $5 it happened between  $6 $7 it was last recorded between
-- $8 $9 $10 $11 west, south, east, north or NULL
SELECT count(*) AS count
  FROM incidents i
 WHERE i.tags @> $1::text[] COLLATE "C"
   AND ($2::text IS NULL OR i.status = $2)
   AND ($3::text IS NULL OR i.message_status = $3)
   AND ($4::timestamptz IS NULL OR (i.occurred_start > '-infinity' AND (i.occurred_end > $4 OR (i.occurred_end = $4 AND i.occurred_start = $4))))
   AND ($5::timestamptz IS NULL OR (i.occurred_start < $5 AND i.occurred_start > '-infinity'))
   AND ($6::timestamptz IS NULL OR i.recorded_at >= $6)
   AND ($7::timestamptz IS NULL OR i.recorded_at < $7)
   AND ($8::float8 IS NULL OR (i.extent && box(point(least($8, $10), $9), point(greatest($8, $10), $11)) OR $8 > $10)
        AND EXISTS (SELECT FROM unnest(i.places) q WHERE q[1] BETWEEN $9 AND $11
                     AND CASE WHEN $8 <= $10 THEN q[0] BETWEEN $8 AND $10 ELSE q[0] >= $8 OR q[0] <= $10 END))
