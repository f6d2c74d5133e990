-- Keep what came of an attempt.
-- $1 webhook  $2 position  $3 its state now  $4 after how long it is tried again  $5 the status that came back, or NULL  $6 why it failed, or NULL
UPDATE webhook_deliveries
   SET state = $3, attempts = attempts + 1, next_at = now() + $4::interval, attempted_at = now(), answer = $5, error = $6
 WHERE webhook = $1 AND position = $2
