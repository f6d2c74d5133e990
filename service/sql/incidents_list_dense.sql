-- Whether many incidents may be in a place: so many that it is quicker to meet them one by one than to put them in order.
-- $1 $2 boxes around the place, as text  $3 how many are many
SELECT count(*) = $3 AS many
  FROM (SELECT FROM incidents i WHERE i.extent && $1::text::box OR i.extent && $2::text::box LIMIT $3) i
