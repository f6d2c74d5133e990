-- What proves the log: the hashes of its Merkle tree (RFC 9162), and what was signed of them. Only added to.

-- What is hashed of an event: its envelope as canonical JSON (RFC 8785), with the hash of its data and not the data.
-- An actor is of a-z, 0-9, '.', '_' and '-': nothing here needs escaping.
CREATE FUNCTION log_leaf(e events) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"actor":"' || e.actor || '","data_sha256":"' || encode(e.data_sha256, 'hex') || '","event_id":"' || e.event_id
        || '","incident":"' || e.incident || '","position":' || e.position || ',"recorded_at":"' || instant(e.recorded_at)
        || '","revision":' || e.revision || ',"schema_version":' || e.schema_version || ',"type":"' || e.type || '"}'
$$;

-- The hashes of the tiles, level by level, as they came to be: a row holds some that stand side by side in one tile.
CREATE TABLE tree_hashes (
    level   smallint  NOT NULL CHECK (level BETWEEN 0 AND 7),
    first   bigint    NOT NULL CHECK (first >= 0),        -- of the level: a tile has those from 256 * its number on
    hashes  bytea     NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 - 32 * (first % 256) AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, first)
);

CREATE TABLE signed_checkpoints (
    size       bigint       PRIMARY KEY CHECK (size >= 0),     -- of the tree: the last position; so there is one of a size
    root       bytea        NOT NULL CHECK (length(root) = 32),
    signed_at  timestamptz  NOT NULL,
    note       text         NOT NULL                           -- C2SP tlog-checkpoint, as signed
);

CREATE TRIGGER tree_hashes_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tree_hashes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signed_checkpoints_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signed_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON tree_hashes, signed_checkpoints TO incident_ledger_service;
