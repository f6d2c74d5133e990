-- Give a webhook a new secret; those that it has sign beside it for a while.
-- $1 actor  $2 id  $3 the new secret  $4 for how long
WITH its AS (SELECT webhook FROM webhooks WHERE actor = $1 AND webhook = $2),
     older AS (UPDATE webhook_secrets s SET expires_at = least(s.expires_at, now() + $4::interval) FROM its WHERE s.webhook = its.webhook)
INSERT INTO webhook_secrets (webhook, secret) SELECT webhook, $3 FROM its RETURNING webhook
