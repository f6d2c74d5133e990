-- Write incidents as the append writes them, where they stand otherwise or not at all; what has moved on is left alone.
-- In the order of their ids, as the append does, so that the two never wait for each other in a ring.
-- $1 incidents  $2 revisions  $3 positions  $4 recorded at  $5 reported at  $6 statuses  $7 message statuses
-- $8 occurred from  $9 occurred to  $10 tags  $11 places  $12 documents
INSERT INTO incidents AS old (incident, revision, position, recorded_at, reported_at, status, message_status,
                              occurred_start, occurred_end, tags, places, extent, document)
SELECT u.i, u.r, u.p, u.at, u.since, u.s, u.m, u.b, u.e, string_to_array(u.tags, E'\n'), coalesce(g.places, '{}'), g.extent, u.d
  FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
              $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[])
       AS u(i, r, p, at, since, s, m, b, e, tags, places, d)
  LEFT JOIN LATERAL (SELECT array_agg(q) AS places, box(point(min(q[0]), min(q[1])), point(max(q[0]), max(q[1]))) AS extent
                       FROM unnest(string_to_array(u.places, E'\n')::point[]) q) g ON u.places IS NOT NULL
 ORDER BY u.i
ON CONFLICT (incident) DO UPDATE SET
    revision = EXCLUDED.revision, position = EXCLUDED.position, recorded_at = EXCLUDED.recorded_at,
    reported_at = EXCLUDED.reported_at, status = EXCLUDED.status, message_status = EXCLUDED.message_status,
    occurred_start = EXCLUDED.occurred_start, occurred_end = EXCLUDED.occurred_end, tags = EXCLUDED.tags,
    places = EXCLUDED.places, extent = EXCLUDED.extent, document = EXCLUDED.document
 WHERE old.position <= EXCLUDED.position
   AND (old.revision, old.position, old.recorded_at, old.reported_at, old.status, old.message_status, old.occurred_start,
        old.occurred_end, old.tags, old.places::text, old.extent::text, old.document)
       IS DISTINCT FROM
       (EXCLUDED.revision, EXCLUDED.position, EXCLUDED.recorded_at, EXCLUDED.reported_at, EXCLUDED.status, EXCLUDED.message_status,
        EXCLUDED.occurred_start, EXCLUDED.occurred_end, EXCLUDED.tags, EXCLUDED.places::text, EXCLUDED.extent::text, EXCLUDED.document)
