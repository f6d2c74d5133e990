-- Write versions of incidents, in the columns of incidents_remake.sql and with the same bytes.
-- $1 incidents  $2 revisions  $3 positions  $4 recorded at  $5 reported at  $6 statuses  $7 message statuses
-- $8 occurred from  $9 occurred to  $10 tags  $11 places  $12 documents  $13 the positions of the incidents' next events
INSERT INTO incident_versions (incident, revision, position, until, recorded_at, reported_at, status, message_status,
                               occurred_start, occurred_end, tags, places, extent, document)
SELECT u.i, u.r, u.p, u.next, u.at, u.since, u.s, u.m, u.b, u.e, string_to_array(u.tags, E'\n'),
       coalesce(g.places, '{}'), g.extent, u.d
  FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
              $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::bigint[])
       AS u(i, r, p, at, since, s, m, b, e, tags, places, d, next)
  LEFT JOIN LATERAL (SELECT array_agg(q) AS places, box(point(min(q[0]), min(q[1])), point(max(q[0]), max(q[1]))) AS extent
                       FROM unnest(string_to_array(u.places, E'\n')::point[]) q) g ON u.places IS NOT NULL
