-- A page of incidents as they stood when the log was at a position, as ready JSON. Latest occurrence first; what has no time comes last.
-- Walked from the time of that position downwards, so that nothing is passed of what has happened since; what was then
-- said to be still to come had been recorded before it happened, and is in a small index of its own. What happened
-- before and was recorded after is passed over in the index, without a look at the table; where the position is so
-- early that this is most, PostgreSQL rather sorts what there was up to it.
-- $1 tags, all of which it has  $2 status or NULL  $3 message status or NULL  $4 $5 it happened between  $6 $7 it was last recorded between
-- $8 $9 $10 $11 west, south, east, north or NULL  $12 tags, one of which it has, or NULL  $13 true: only what happened after it was recorded
-- $14 longitude, $15 latitude and $16 km around it, or NULL: one of its points is there  $17 $18 two boxes around that, as text
-- $19 how many were destroyed at least, or NULL
-- $20 how many (one more is looked for, to say whether there are more)  $21 occurrence and $22 incident of the cursor, or NULL  $23 the position
-- $24 how far to look from there, one by one, and not by when it was; NULL: to the end
-- $25 more tags, all of which it has, or NULL: these are not looked for by index
-- What is looked for by when it was is not walked in the order of the list: `place` is then what no index has.
SELECT (SELECT f.position FROM followers f WHERE f.name = 'versions' AND NOT f.building) AS head, count(*) > $20 AS more,
       convert_to(coalesce(string_agg(p.document, ',' ORDER BY p.n) FILTER (WHERE p.n <= $20), ''), 'UTF8') AS documents,
       max(p.occurred_start) FILTER (WHERE p.n = $20) AS last_occurred,
       (array_agg(p.incident) FILTER (WHERE p.n = $20))[1] AS last_incident
  FROM (SELECT i.occurred_start, i.incident, i.document, row_number() OVER (ORDER BY o.place DESC, i.incident DESC) AS n
          FROM (SELECT *, false AS ahead FROM incident_versions UNION ALL SELECT *, true FROM incident_versions) i
               CROSS JOIN LATERAL (SELECT CASE WHEN $4::timestamptz IS NOT NULL AND $24::int IS NULL THEN i.occurred_start + interval '0' ELSE i.occurred_start END AS place) o
         WHERE i.position <= $23::bigint AND i.until > $23
           AND (NOT i.ahead AND o.place <= (SELECT v.recorded_at FROM incident_versions v WHERE v.position = $23)
                OR i.ahead AND o.place > (SELECT v.recorded_at FROM incident_versions v WHERE v.position = $23) AND i.occurred_start > i.recorded_at)
           AND i.tags @> $1::text[] COLLATE "C"
           AND ($25::text[] IS NULL OR arraycontains(i.tags, $25 COLLATE "C"))
           AND ($2::text IS NULL OR i.status = $2)
           AND ($3::text IS NULL OR i.message_status = $3)
           AND ($4::timestamptz IS NULL OR (i.occurred_start > '-infinity' AND (i.occurred_end > $4 OR (i.occurred_end = $4 AND i.occurred_start = $4))))
           AND ($5::timestamptz IS NULL OR (i.occurred_start < $5 AND i.occurred_start > '-infinity'))
           AND ($4 IS NULL OR $24::int IS NOT NULL OR tstzrange(least(i.occurred_start, i.occurred_end), greatest(i.occurred_start, i.occurred_end), '[]')
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
           AND ($21::timestamptz IS NULL OR (o.place, i.incident) < ($21, $22::uuid))
           AND ($24 IS NULL OR i.ahead OR (i.occurred_start, i.incident) >= (SELECT w.occurred_start, w.incident FROM incident_versions w
                                                                              WHERE ($21 IS NULL OR (w.occurred_start, w.incident) < ($21, $22))
                                                                                AND ($5 IS NULL OR w.occurred_start < $5)
                                                                                AND w.occurred_start <= (SELECT v.recorded_at FROM incident_versions v WHERE v.position = $23)
                                                                              ORDER BY w.occurred_start DESC, w.incident DESC OFFSET $24 LIMIT 1))
         ORDER BY o.place DESC, i.incident DESC
         LIMIT $20 + 1) p
