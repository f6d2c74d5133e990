-- Let events be delivered.
-- $1 webhooks  $2 positions  $3 incidents  $4 what they are for the filters
INSERT INTO webhook_deliveries (webhook, position, incident, concern)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[])
