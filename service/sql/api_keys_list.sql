-- Every key, newest first; never the hash.
SELECT prefix, actor, scopes, namespaces, subdivisions, created_at, expires_at, revoked_at FROM api_keys ORDER BY created_at DESC, prefix
