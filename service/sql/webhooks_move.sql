-- Move the checkpoints of webhooks, unless they have been moved, or the webhooks disabled or changed meanwhile.
-- $1 ids  $2 where each was  $3 how each matches  $4 where all are to be
UPDATE webhooks w SET position = $4
  FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u(webhook, position, wanted)
 WHERE w.webhook = u.webhook AND w.position = u.position AND w.wanted = u.wanted AND w.status = 'enabled'
RETURNING w.webhook
