-- These versions no longer stand.
-- $1 incidents  $2 from which positions on
UPDATE measures m SET until = e.until
  FROM unnest($1::uuid[], $2::bigint[]) AS e (incident, until)
 WHERE m.incident = e.incident AND m.until = 9223372036854775807
