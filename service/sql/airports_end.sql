-- These versions no longer stand.
-- $1 incidents  $2 their disruptions  $3 from which positions on
UPDATE airport_disruptions r SET until = e.until
  FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS e (incident, disruption, until)
 WHERE r.incident = e.incident AND r.disruption = e.disruption AND r.until = 9223372036854775807
