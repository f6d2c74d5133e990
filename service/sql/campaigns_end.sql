-- These items no longer stand.
-- $1 codes  $2 sorts  $3 incidents  $4 keys  $5 from which positions on
UPDATE campaign_items i SET until = e.until
  FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::bigint[]) AS e (code, sort, incident, key, until)
 WHERE i.code = e.code AND i.sort = e.sort AND i.incident = e.incident AND i.key = e.key
   AND i.until = 9223372036854775807
