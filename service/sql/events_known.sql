-- Which of these event ids are in the log already, and where.
-- $1 event ids
SELECT event_id, position FROM events WHERE event_id = ANY ($1::uuid[])
