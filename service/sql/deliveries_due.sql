-- What is to be sent now: of each webhook a few, none before the earlier ones of its incident have been delivered or given up.
-- $1 how many of each webhook
SELECT w.webhook, w.url, d.position, d.concern, d.attempts,
       (SELECT array_agg(s.secret ORDER BY s.expires_at DESC NULLS FIRST) FROM webhook_secrets s
         WHERE s.webhook = w.webhook AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets
  FROM webhooks w
 CROSS JOIN LATERAL (
       SELECT d.position, d.concern, d.attempts, row_number() OVER (ORDER BY d.next_at, d.position) AS n
         FROM webhook_deliveries d
        WHERE d.webhook = w.webhook AND d.state = 'pending' AND d.next_at <= now()
          AND NOT EXISTS (SELECT FROM webhook_deliveries p
                           WHERE p.webhook = d.webhook AND p.incident = d.incident AND p.position < d.position AND p.state = 'pending')
        ORDER BY d.next_at, d.position
        LIMIT $1) d
 WHERE w.status = 'enabled'
 ORDER BY d.n, w.webhook
