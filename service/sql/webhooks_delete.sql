-- Forget a webhook, with its secrets and its deliveries.
-- $1 actor  $2 id
DELETE FROM webhooks WHERE actor = $1 AND webhook = $2 RETURNING webhook
