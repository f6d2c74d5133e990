-- The log: every statement ever made, in the order in which it was recorded. Nothing here is changed, only added to.

-- Two roles. The owner is whoever runs this file; the service works as incident_ledger_service and may do no more than
-- the grants in these files say. A role belongs to the whole cluster, so another database may have made it already.
DO $$
BEGIN
    CREATE ROLE incident_ledger_service NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
GRANT incident_ledger_service TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO incident_ledger_service;

CREATE TABLE events (
    position        bigint      PRIMARY KEY CHECK (position > 0),
    event_id        uuid        NOT NULL UNIQUE,          -- derived from (actor, Idempotency-Key): the idempotency store
    incident        uuid        NOT NULL,
    revision        integer     NOT NULL CHECK (revision > 0),
    type            text        NOT NULL CHECK (type IN ('reported', 'revised', 'retracted')),
    schema_version  smallint    NOT NULL,
    recorded_at     timestamptz NOT NULL,
    actor           text        NOT NULL,
    nonce           bytea       NOT NULL,
    data_sha256     bytea       NOT NULL CHECK (length(data_sha256) = 32),   -- SHA-256(nonce || data)
    data            text        NOT NULL,                 -- the exact bytes that were hashed: not jsonb, which reorders
    UNIQUE (incident, revision)
);

-- One row: the last position and its time. Locking it is what puts the writers of all processes in one order.
CREATE TABLE log_head (
    only_row     boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position     bigint      NOT NULL,
    recorded_at  timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head (position, recorded_at) VALUES (0, '-infinity');

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON events TO incident_ledger_service;
GRANT SELECT, UPDATE ON log_head TO incident_ledger_service;

-- An instant as the API writes it: RFC 3339, UTC, always six digits of a second.
CREATE FUNCTION instant(t timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- An event as one line of /v1/log. The data is copied as it is, never parsed.
CREATE FUNCTION log_line(e events) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"position":' || e.position || ',"event_id":"' || e.event_id || '","incident":"' || e.incident
        || '","revision":' || e.revision || ',"type":"' || e.type || '","schema_version":' || e.schema_version
        || ',"recorded_at":"' || instant(e.recorded_at) || '","actor":"' || e.actor
        || '","nonce":"' || encode(e.nonce, 'hex') || '","data_sha256":"' || encode(e.data_sha256, 'hex')
        || '","data":' || e.data || '}'
$$;
