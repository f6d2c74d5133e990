-- A page of incidents as they stood when the log was at a position, as ready JSON. Newest change first: from that position down.
-- $1 tags, all of which it has  $2 status or NULL  $3 message status or NULL  $4 $5 it happened between  $6 $7 it was last recorded between
-- $8 $9 $10 $11 west, south, east, north or NULL  $12 tags, one of which it has, or NULL  $13 true: only what happened after it was recorded
-- $14 longitude, $15 latitude and $16 km around it, or NULL: one of its points is there  $17 $18 two boxes around that, as text
-- $19 how many were destroyed at least, or NULL
-- $20 how many (one more is looked for, to say whether there are more)  $21 position of the cursor, or NULL  $22 the position
-- $23 how far to look from there, one by one, and not by when it was; NULL: to the end
-- $24 more tags, all of which it has, or NULL: these are not looked for by index
-- What is looked for by when it was is not walked in the order of the list: `place` is then what no index has.
SELECT (SELECT f.position FROM followers f WHERE f.name = 'versions' AND NOT f.building) AS head, count(*) > $20 AS more,
       convert_to(coalesce(string_agg(p.document, ',' ORDER BY p.n) FILTER (WHERE p.n <= $20), ''), 'UTF8') AS documents,
       max(p.position) FILTER (WHERE p.n = $20) AS last_position
  FROM (SELECT i.position, i.document, row_number() OVER (ORDER BY o.place DESC) AS n
          FROM incident_versions i
               CROSS JOIN LATERAL (SELECT CASE WHEN $4::timestamptz IS NOT NULL AND $23::int IS NULL THEN i.position + 0 ELSE i.position END AS place) o
         WHERE i.position <= $22::bigint AND i.until > $22
           AND i.tags @> $1::text[] COLLATE "C"
           AND ($24::text[] IS NULL OR arraycontains(i.tags, $24 COLLATE "C"))
           AND ($2::text IS NULL OR i.status = $2)
           AND ($3::text IS NULL OR i.message_status = $3)
           AND ($4::timestamptz IS NULL OR (i.occurred_start > '-infinity' AND (i.occurred_end > $4 OR (i.occurred_end = $4 AND i.occurred_start = $4))))
           AND ($5::timestamptz IS NULL OR (i.occurred_start < $5 AND i.occurred_start > '-infinity'))
           AND ($4 IS NULL OR $23::int IS NOT NULL OR tstzrange(least(i.occurred_start, i.occurred_end), greatest(i.occurred_start, i.occurred_end), '[]')
                                   && tstzrange($4, CASE WHEN $5 >= $4 THEN $5 END))
           AND ($6::timestamptz IS NULL OR i.recorded_at >= $6)
           AND ($7::timestamptz IS NULL OR i.recorded_at < $7)
           AND ($8::float8 IS NULL OR (i.extent && box(point(least($8, $10), $9), point(greatest($8, $10), $11)) OR $8 > $10)
                AND EXISTS (SELECT FROM unnest(i.places) q WHERE q[1] BETWEEN $9 AND $11
                             AND CASE WHEN $8 <= $10 THEN q[0] BETWEEN $8 AND $10 ELSE q[0] >= $8 OR q[0] <= $10 END))
           AND ($12::text[] IS NULL OR i.tags && $12::text[] COLLATE "C")
           AND ($13::boolean IS NULL OR i.occurred_start > i.recorded_at)
           AND ($14::float8 IS NULL OR (i.extent && $17::text::box OR i.extent && $18::text::box) AND near(i.places, $14, $15::float8, $16::float8))
           AND ($19::bigint IS NULL OR destroyed(i.document) >= $19)
           AND ($21::bigint IS NULL OR o.place < $21::bigint)
           AND ($23 IS NULL OR i.position >= (SELECT w.position FROM incident_versions w WHERE w.position <= $22 AND ($21 IS NULL OR w.position < $21)
                                                   ORDER BY w.position DESC OFFSET $23 LIMIT 1))
         ORDER BY o.place DESC
         LIMIT $20 + 1) p
