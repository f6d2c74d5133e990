-- A page of what disruptions say of airports, of what has begun by a time in the world, latest begun first; one row always comes back.
-- $1 as the log stood at this position  $2 that time  $3 closed then: true, false or any  $4 regions, in all of which it is
-- $5 the airport that it is about, or NULL  $6 how many  $7 no later than this, $8 $9 $10 and there after this position, disruption and role
SELECT f.reached, p.position, p.disruption, p.role, p.begins, p.later, p.over, p.undated, p.document
  FROM (SELECT (SELECT position FROM followers WHERE name = 'airports' AND NOT building) AS reached) f
  LEFT JOIN LATERAL (
        SELECT r.position, r.disruption, r.role, r.begins, r.begins > $2 AS later, r.ends <= $2 AS over, r.undated, r.document
          FROM airport_disruptions r
         WHERE r.position <= $1 AND r.until > $1
           AND r.role <> 'diverted_to'
           AND ($3::text <> 'true' OR (r.role = 'closed' AND tstzrange(r.begins, r.ends) @> $2::timestamptz))
           AND ($3 <> 'false' OR (r.role = 'closed' AND r.ends <= $2))
           AND ($4::text[] = '{}' OR r.regions @> $4 COLLATE "C")
           AND ($5::text IS NULL OR r.airport = $5)
           AND r.begins <= $7
           AND ($8::bigint IS NULL OR r.begins < $7 OR (r.position, r.disruption, r.role) < ($8, $9::text COLLATE "C", $10::text COLLATE "C"))
         ORDER BY r.begins DESC, r.position DESC, r.disruption DESC, r.role DESC
         LIMIT $6) p ON true
 ORDER BY p.begins DESC, p.position DESC, p.disruption DESC, p.role DESC
