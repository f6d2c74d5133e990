-- What has changed, in the order of the log, for somebody who may hold what the filters matched at any position of a stretch:
-- the documents that they match now, and a tombstone for each that they only matched then.
-- Each changed incident is looked up once, as it stands, with what it was in that stretch; so the cost is that of what has changed.
-- $1 tags, all of which it has  $2 status or NULL  $3 message status or NULL  $4 $5 it happened between  $6 $7 it was last recorded between
-- $8 $9 $10 $11 west, south, east, north or NULL  $12 tags, one of which it has, or NULL  $13 true: only what happened after it was recorded
-- $14 longitude, $15 latitude and $16 km around it, or NULL: one of its points is there  $17 $18 two boxes around that, as text
-- $19 how many were destroyed at least, or NULL
-- $20 how many come into one answer  $21 after this position, where the stretch ends  $22 where it begins  $23 how many changed ones are looked through
SELECT l.head, l.looked, l.last, l.versions,
       count(*) FILTER (WHERE c.n IS NOT NULL) AS found, max(c.position) FILTER (WHERE c.n = $20) AS last_found,
       convert_to(coalesce(string_agg(c.document, ',' ORDER BY c.n) FILTER (WHERE c.now AND c.n <= $20), ''), 'UTF8') AS documents,
       convert_to(coalesce(string_agg(
           '{"id":"' || c.incident || '","reason":"' || CASE WHEN c.status = 'retracted' AND $2 = 'active' THEN 'retracted' ELSE 'left_filter' END
           || '","revision":' || c.revision || ',"position":' || c.position || ',"recorded_at":"' || instant(c.recorded_at) || '"'
           || CASE WHEN c.status = 'retracted' THEN ',"retraction":' || (c.document::json -> 'retraction')::text ELSE '' END || '}',
           ',' ORDER BY c.n) FILTER (WHERE NOT c.now AND c.n <= $20), ''), 'UTF8') AS tombstones
  FROM (SELECT (SELECT position FROM log_head) AS head, (SELECT f.position FROM followers f WHERE f.name = 'versions' AND NOT f.building) AS versions,
               count(*) AS looked, max(i.position) AS last
          FROM (SELECT i.position FROM incidents i WHERE i.position > $21::bigint ORDER BY i.position LIMIT $23) i) l
  LEFT JOIN (SELECT i.*, m.now, row_number() OVER (ORDER BY i.position) AS n
               FROM (SELECT * FROM incidents i WHERE i.position > $21::bigint ORDER BY i.position LIMIT $23) i
              CROSS JOIN LATERAL (
                  SELECT bool_or(s.now) AS now
                    FROM (SELECT true AS now, i.recorded_at, i.status, i.message_status, i.occurred_start, i.occurred_end, i.tags,
                                 i.places, i.extent, i.document
                          UNION ALL
                          SELECT false, v.recorded_at, v.status, v.message_status, v.occurred_start, v.occurred_end, v.tags,
                                 v.places, v.extent, v.document
                            FROM incident_versions v
                           WHERE v.incident = i.incident AND v.position <= $21 AND v.until > $22::bigint) s
                   WHERE s.tags @> $1::text[] COLLATE "C"
                   AND ($2::text IS NULL OR s.status = $2)
                   AND ($3::text IS NULL OR s.message_status = $3)
                   AND ($4::timestamptz IS NULL OR (s.occurred_start > '-infinity' AND (s.occurred_end > $4 OR (s.occurred_end = $4 AND s.occurred_start = $4))))
                   AND ($5::timestamptz IS NULL OR (s.occurred_start < $5 AND s.occurred_start > '-infinity'))
                   AND ($6::timestamptz IS NULL OR s.recorded_at >= $6)
                   AND ($7::timestamptz IS NULL OR s.recorded_at < $7)
                   AND ($8::float8 IS NULL OR (s.extent && box(point(least($8, $10), $9), point(greatest($8, $10), $11)) OR $8 > $10)
                        AND EXISTS (SELECT FROM unnest(s.places) q WHERE q[1] BETWEEN $9 AND $11
                                     AND CASE WHEN $8 <= $10 THEN q[0] BETWEEN $8 AND $10 ELSE q[0] >= $8 OR q[0] <= $10 END))
                   AND ($12::text[] IS NULL OR s.tags && $12::text[] COLLATE "C")
                   AND ($13::boolean IS NULL OR s.occurred_start > s.recorded_at)
                   AND ($14::float8 IS NULL OR (s.extent && $17::text::box OR s.extent && $18::text::box) AND near(s.places, $14, $15::float8, $16::float8))
                   AND ($19::bigint IS NULL OR destroyed(s.document) >= $19)) m
              WHERE m.now IS NOT NULL
              ORDER BY i.position
              LIMIT $20 + 1) c ON true
 GROUP BY l.head, l.looked, l.last, l.versions
