-- How much is on all pages of what disruptions say of airports, of what has begun by a time in the world.
-- $1 as the log stood at this position  $2 that time  $3 closed then: true, false or any  $4 regions, in all of which it is
SELECT count(*) AS count
  FROM airport_disruptions r
 WHERE r.position <= $1 AND r.until > $1
   AND r.role <> 'diverted_to'
   AND ($3::text <> 'true' OR (r.role = 'closed' AND tstzrange(r.begins, r.ends) @> $2::timestamptz))
   AND ($3 <> 'false' OR (r.role = 'closed' AND r.ends <= $2))
   AND ($4::text[] = '{}' OR r.regions @> $4 COLLATE "C")
   AND r.begins <= $2
