-- Revoke a key; no row comes back if there is none. A second time changes nothing.
-- $1 prefix  $2 who revokes it
UPDATE api_keys
   SET revoked_by = CASE WHEN revoked_at IS NULL THEN $2 ELSE revoked_by END, revoked_at = coalesce(revoked_at, now())
 WHERE prefix = $1
RETURNING revoked_at
