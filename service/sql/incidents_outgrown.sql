-- How many incidents have changed since a position and how many the filters match now, each counted up to a bound.
-- $1 tags, all of which it has  $2 status or NULL  $3 message status or NULL  $4 $5 it happened between  $6 $7 it was last recorded between
-- $8 $9 $10 $11 west, south, east, north or NULL  $12 tags, one of which it has, or NULL  $13 true: only what happened after it was recorded
-- $14 longitude, $15 latitude and $16 km around it, or NULL: one of its points is there  $17 $18 two boxes around that, as text
-- $19 how many were destroyed at least, or NULL
-- $20 the position  $21 the bound
SELECT (SELECT count(*) FROM (SELECT FROM incidents i WHERE i.position > $20::bigint LIMIT $21) c) AS changed,
       (SELECT count(*) FROM (
           SELECT FROM incidents i
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
              AND ($12::text[] IS NULL OR i.tags && $12::text[] COLLATE "C")
              AND ($13::boolean IS NULL OR i.occurred_start > i.recorded_at)
              AND ($14::float8 IS NULL OR (i.extent && $17::text::box OR i.extent && $18::text::box) AND near(i.places, $14, $15::float8, $16::float8))
              AND ($19::bigint IS NULL OR destroyed(i.document) >= $19)
            LIMIT $21) m) AS matching
