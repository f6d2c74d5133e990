-- Give incidents external ids that nobody has.
-- $1 external ids  $2 the incident of each
INSERT INTO external_ids (external_id, incident) SELECT * FROM unnest($1::text[], $2::uuid[]) ON CONFLICT DO NOTHING
