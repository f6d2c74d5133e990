-- Let one that stopped try again; no row comes back if it had not stopped.
-- $1 name
UPDATE followers SET error = NULL, failed_at = NULL WHERE name = $1 AND error IS NOT NULL RETURNING position
