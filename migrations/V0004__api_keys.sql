-- API keys. The secret itself is never stored, only the SHA-256 of its 256 random bits.
CREATE TABLE api_keys (
    prefix         text        PRIMARY KEY,
    actor          text        NOT NULL,
    secret_sha256  bytea       NOT NULL CHECK (length(secret_sha256) = 32),
    scopes         text[]      NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz,
    revoked_at     timestamptz
);
GRANT SELECT, INSERT ON api_keys TO incident_ledger_service;
GRANT UPDATE (revoked_at) ON api_keys TO incident_ledger_service;
