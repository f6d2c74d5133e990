-- End versions of incidents: the next ones come.
-- $1 incidents  $2 their revisions  $3 the positions of the next
UPDATE incident_versions v SET until = u.next
  FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS u(incident, revision, next)
 WHERE v.incident = u.incident AND v.revision = u.revision
