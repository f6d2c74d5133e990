-- Forget what was delivered, or given up, long ago.
-- $1 how long ago  $2 how many at once
DELETE FROM webhook_deliveries d
 WHERE (d.webhook, d.position) IN (SELECT o.webhook, o.position FROM webhook_deliveries o
                                    WHERE o.state <> 'pending' AND o.attempted_at < now() - $1::interval LIMIT $2)
