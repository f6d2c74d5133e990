-- Active incidents that may be the same one: a common region, overlapping times and the same kind, or a common external id.
-- $1 subdivision tags  $2 kind tag  $3 $4 it happened between  $5 external id tags  $6 not this one
SELECT i.incident, i.revision, i.document::json -> 'facts' ->> 'title' AS title
  FROM incidents i
 WHERE i.status = 'active' AND i.incident <> $6
   AND ((i.tags && $1::text[] COLLATE "C" AND i.tags @> ARRAY[$2::text] COLLATE "C"
         AND i.occurred_start > '-infinity' AND i.occurred_start <= $4 AND i.occurred_end >= $3)
        OR i.tags && $5::text[] COLLATE "C")
 ORDER BY i.position DESC
 LIMIT 10
