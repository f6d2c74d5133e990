-- A page of what disruptions say of airports, latest first, as ready JSON with the state that each is in at a time.
-- $1 as the log stood at this position  $2 at this time in the world  $3 closed then: true, false or any
-- $4 regions, in all of which it is  $5 the airport that it names, in whichever role; or NULL for all but arrivals
-- $6 how many (one more is looked for, to say whether there are more)  $7 $8 $9 position, disruption and role of the cursor, or NULL
SELECT (SELECT f.position FROM followers f WHERE f.name = 'airports' AND NOT f.building) AS reached, count(*) > $6 AS more,
       convert_to(coalesce(string_agg(left(p.document, -1) || ',"state":"' || p.state || '"}', ','
                                      ORDER BY p.n) FILTER (WHERE p.n <= $6), ''), 'UTF8') AS documents,
       max(p.position) FILTER (WHERE p.n = $6) AS last_position, max(p.disruption) FILTER (WHERE p.n = $6) AS last_disruption,
       max(p.role) FILTER (WHERE p.n = $6) AS last_role
  FROM (SELECT r.position, r.disruption, r.role, r.document,
               CASE WHEN r.role <> 'closed' THEN r.role WHEN r.begins > $2 THEN 'announced' WHEN r.ends <= $2 THEN 'reopened'
                    WHEN r.undated THEN 'closed_unknown_since' ELSE 'closed' END AS state,
               row_number() OVER (ORDER BY r.position DESC, r.disruption DESC, r.role DESC) AS n
          FROM airport_reports r
         WHERE r.position <= $1 AND r.until > $1
           AND ($3::text <> 'true' OR (r.role = 'closed' AND tstzrange(r.begins, r.ends) @> $2::timestamptz))
           AND ($3 <> 'false' OR (r.role = 'closed' AND r.ends <= $2))
           AND ($4::text[] = '{}' OR r.regions @> $4 COLLATE "C")
           AND CASE WHEN $5::text IS NULL THEN r.role <> 'diverted_to' ELSE r.airport = $5 END
           AND ($7::bigint IS NULL OR (r.position, r.disruption, r.role) < ($7::bigint, $8::text COLLATE "C", $9::text COLLATE "C"))
         ORDER BY r.position DESC, r.disruption DESC, r.role DESC
         LIMIT $6 + 1) p
