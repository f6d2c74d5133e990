-- Store a new key's hash.
-- $1 prefix  $2 actor  $3 SHA-256 of the secret  $4 scopes  $5 expiry or NULL  $6 namespaces  $7 subdivisions  $8 who makes it
INSERT INTO api_keys (prefix, actor, secret_sha256, scopes, expires_at, namespaces, subdivisions, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
