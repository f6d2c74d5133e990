-- The webhooks of an actor, the oldest first; how many deliveries of each are pending, and dead.
-- $1 actor  $2 the one that is asked for, or NULL
SELECT w.webhook, w.url, w.description, w.events, w.filters, w.status, w.reason, w.created_at, w.position,
       (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.webhook AND d.state = 'pending') AS pending,
       (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.webhook AND d.state = 'dead') AS dead
  FROM webhooks w
 WHERE w.actor = $1 AND ($2::uuid IS NULL OR w.webhook = $2)
 ORDER BY w.webhook
