-- Whether many versions of incidents began in a stretch of time: so many that it is quicker to meet them one by one than to put them in order.
-- $1 from  $2 to, or NULL  $3 how many are many
SELECT count(*) = $3 AS many
  FROM (SELECT FROM incident_versions i WHERE i.occurred_start >= $1 AND ($2::timestamptz IS NULL OR i.occurred_start < $2) LIMIT $3) i
