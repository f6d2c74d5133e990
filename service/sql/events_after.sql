-- The events after a position, in order, as they were recorded, and how many of the whole log are without their data.
-- $1 after this position  $2 how many at most
SELECT x.expunged, e.position, e.event_id, e.incident, e.revision, e.type, e.schema_version, e.recorded_at, e.actor, e.data
  FROM (SELECT count(*) AS expunged FROM expunged) x
  LEFT JOIN (SELECT * FROM events WHERE position > $1 ORDER BY position LIMIT $2) e ON true
 ORDER BY e.position
