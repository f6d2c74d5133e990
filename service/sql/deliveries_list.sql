-- A page of a webhook's deliveries, the latest event first.
-- $1 actor  $2 webhook  $3 state, or NULL  $4 before this position, or NULL  $5 how many
SELECT d.position, d.incident, d.concern, d.state, d.attempts, d.next_at, d.attempted_at, d.answer, d.error
  FROM webhook_deliveries d
 WHERE d.webhook = (SELECT w.webhook FROM webhooks w WHERE w.actor = $1 AND w.webhook = $2)
   AND ($3::text IS NULL OR d.state = $3) AND ($4::bigint IS NULL OR d.position < $4)
 ORDER BY d.position DESC
 LIMIT $5
