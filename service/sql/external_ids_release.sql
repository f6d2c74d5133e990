-- Take from incidents the external ids that they have no more.
-- $1 incidents  $2 external ids that are held  $3 the incident that holds each
DELETE FROM external_ids x
 WHERE x.incident = ANY ($1::uuid[])
   AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::uuid[]) AS u(external_id, incident)
                    WHERE u.external_id = x.external_id AND u.incident = x.incident)
