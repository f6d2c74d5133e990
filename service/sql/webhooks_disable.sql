-- Disable a webhook.
-- $1 id  $2 why
UPDATE webhooks SET status = 'disabled', reason = $2 WHERE webhook = $1
