-- A key by its prefix.
-- $1 prefix
SELECT prefix, actor, secret_sha256, scopes, namespaces, subdivisions, created_at, expires_at, revoked_at FROM api_keys WHERE prefix = $1
