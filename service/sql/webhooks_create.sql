-- Make a webhook that is told of what comes from now on; no row comes back if its actor has as many as one may have.
-- $1 id  $2 actor  $3 URL  $4 description  $5 types of events  $6 filters, JSON  $7 the same as they are matched, JSON  $8 secret  $9 how many one may have
WITH made AS (
    INSERT INTO webhooks (webhook, actor, url, description, events, filters, wanted, position)
    SELECT $1, $2, $3, $4, $5, $6, $7, h.position FROM log_head h
     WHERE (SELECT count(*) FROM webhooks w WHERE w.actor = $2) < $9
    RETURNING webhook)
INSERT INTO webhook_secrets (webhook, secret) SELECT webhook, $8 FROM made RETURNING webhook
