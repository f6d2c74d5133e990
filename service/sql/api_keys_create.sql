-- Store a new key's hash.
-- $1 prefix  $2 actor  $3 SHA-256 of the secret  $4 scopes  $5 expiry or NULL
INSERT INTO api_keys (prefix, actor, secret_sha256, scopes, expires_at) VALUES ($1, $2, $3, $4, $5)
