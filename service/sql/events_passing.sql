-- The next events, each with its incident as it left it and as it stood before, as far as that is known by now: where a later event
-- has come, or an earlier one, it is `versions` that knows. What is not known is NULL.
-- $1 after this position  $2 up to this one  $3 how many
SELECT e.position, e.event_id, e.type, e.incident, e.revision,
       coalesce(i.recorded_at, v.recorded_at) AS recorded_at, coalesce(i.status, v.status) AS status,
       coalesce(i.message_status, v.message_status) AS message_status,
       nullif(coalesce(i.occurred_start, v.occurred_start), '-infinity') AS occurred_start,
       nullif(coalesce(i.occurred_end, v.occurred_end), '-infinity') AS occurred_end,
       coalesce(i.tags, v.tags) AS tags, coalesce(i.places, v.places) AS places, coalesce(i.document, v.document) AS document,
       b.recorded_at AS b_recorded_at, b.status AS b_status, b.message_status AS b_message_status,
       nullif(b.occurred_start, '-infinity') AS b_occurred_start, nullif(b.occurred_end, '-infinity') AS b_occurred_end,
       b.tags AS b_tags, b.places AS b_places, b.document AS b_document
  FROM (SELECT position, event_id, type, incident, revision FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3) e
  LEFT JOIN incidents i ON i.incident = e.incident AND i.position = e.position
  LEFT JOIN incident_versions v ON v.position = e.position AND i.position IS NULL
  LEFT JOIN incident_versions b ON b.incident = e.incident AND b.revision = e.revision - 1
 ORDER BY e.position
