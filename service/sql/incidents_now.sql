-- The documents of several incidents, for the write side to decide on.
-- $1 incidents  $2 external ids
SELECT i.incident, i.document
  FROM incidents i
 WHERE i.incident = ANY ($1::uuid[] || ARRAY(SELECT x.incident FROM external_ids x WHERE x.external_id = ANY ($2::text[])))
