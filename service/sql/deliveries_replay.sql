-- Let deliveries of a webhook be sent again, from now on.
-- $1 actor  $2 webhook  $3 position; NULL: all that are dead
UPDATE webhook_deliveries d SET state = 'pending', attempts = 0, next_at = now()
 WHERE d.webhook = (SELECT w.webhook FROM webhooks w WHERE w.actor = $1 AND w.webhook = $2)
   AND (d.position = $3 OR $3::bigint IS NULL AND d.state = 'dead')
RETURNING d.position
