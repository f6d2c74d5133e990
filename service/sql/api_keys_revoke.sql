-- Revoke a key; no row comes back if there is none. A second time changes nothing.
-- $1 prefix
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE prefix = $1 RETURNING revoked_at
