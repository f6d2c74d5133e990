-- Expunging: an event's data is taken out (personal data, a court's order), and its leaf stays. It is recorded who did it and
-- why; it is done once and for all. The nonce goes with the data: with it, short data could be guessed from its hash.

CREATE TABLE expunged (
    position     bigint       PRIMARY KEY,                     -- of the event
    expunged_at  timestamptz  NOT NULL DEFAULT clock_timestamp(),
    actor        text         NOT NULL CHECK (actor <> ''),    -- who did it: an operator, not an API client
    reason       text         NOT NULL CHECK (reason <> '')
);
CREATE TRIGGER expunged_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON expunged
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON expunged TO incident_ledger_service;

ALTER TABLE events ALTER COLUMN data DROP NOT NULL, ALTER COLUMN nonce DROP NOT NULL;

-- PostgreSQL keeps samples of columns for its planner, and those of a table that has become empty for good. To look up a key
-- it needs none; setting the type, to what it is, forgets what there were.
ALTER TABLE external_ids ALTER COLUMN external_id SET STATISTICS 0;
ALTER TABLE external_ids ALTER COLUMN external_id TYPE text COLLATE "C";

-- What says that an event is expunged is true when the transaction ends. So a row of `expunged` whose event still has its
-- data is of the transaction that is taking it out.
CREATE FUNCTION refuse_unless_expunged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM events e WHERE e.position = NEW.position AND e.data IS NULL AND e.nonce IS NULL) THEN
        RAISE EXCEPTION 'event % has not been expunged', NEW.position USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER expunged_tells_the_truth AFTER INSERT ON expunged DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_expunged();

-- One change of an event is let through: data and nonce go, nothing else changes, and it is recorded why.
CREATE FUNCTION refuse_change_but_expunging() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emptied events := OLD;
BEGIN
    emptied.data := NULL;
    emptied.nonce := NULL;
    IF NEW *= emptied AND EXISTS (SELECT FROM expunged x WHERE x.position = OLD.position) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
DROP TRIGGER events_are_append_only ON events;
CREATE TRIGGER events_are_append_only BEFORE DELETE OR TRUNCATE
    OR UPDATE OF position, event_id, incident, revision, type, schema_version, recorded_at, actor, data_sha256 ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_are_only_expunged BEFORE UPDATE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_expunging();
CREATE TRIGGER events_come_with_their_data BEFORE INSERT ON events
    FOR EACH ROW WHEN (NEW.data IS NULL OR NEW.nonce IS NULL) EXECUTE FUNCTION refuse_change();

-- Take the data of these events out, and return how many had any. Until the transaction ends nothing is appended, and nothing
-- that follows the log moves; from then on, none of that is of a version that there is, and all of it is built anew.
-- What the caller has to do in the same transaction: write the rows of `incidents` and `external_ids` anew.
CREATE FUNCTION expunge_events(positions bigint[], actor text, reason text) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    wanted bigint[];
BEGIN
    PERFORM FROM log_head FOR UPDATE;
    wanted := ARRAY(SELECT e.position FROM events e WHERE e.position = ANY (positions) AND e.data IS NOT NULL);
    UPDATE followers f SET version = 0 WHERE wanted <> '{}' AND (f.name <> 'incidents' OR f.building);
    INSERT INTO expunged AS x (position, actor, reason) SELECT u, actor, reason FROM unnest(wanted) u;
    UPDATE events e SET data = NULL, nonce = NULL WHERE e.position = ANY (wanted);
    RETURN cardinality(wanted);
END
$$;
REVOKE EXECUTE ON FUNCTION expunge_events(bigint[], text, text) FROM PUBLIC;

-- An incident of which data is expunged carries the tag `flag:expunged`, and `expunged:n` with how many of its events that
-- are. What a writer made of it before he could know of that would bring the data back: it is refused, and decided again.
CREATE FUNCTION refuse_overtaken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(expunged_of(NEW.tags), 0) < expunged_of(OLD.tags) THEN
        RAISE EXCEPTION USING ERRCODE = 'IL002', MESSAGE = 'data of the incident has been expunged meanwhile';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION expunged_of(tags text[]) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT max(substr(t, 10)::integer) FROM unnest(tags) t WHERE t LIKE 'expunged:%'
$$;
CREATE TRIGGER incidents_keep_nothing_expunged BEFORE UPDATE ON incidents
    FOR EACH ROW WHEN ('flag:expunged' = ANY (OLD.tags)) EXECUTE FUNCTION refuse_overtaken();

-- Apart from log_line, which PostgreSQL puts into the statements that call it: it could not, if this were part of it.
CREATE FUNCTION log_expunged(expunged_position bigint) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"at":"' || instant(x.expunged_at) || '","actor":' || to_json(x.actor) || ',"reason":' || to_json(x.reason) || '}'
      FROM expunged x WHERE x.position = expunged_position
$$;
CREATE OR REPLACE FUNCTION log_line(e events) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"position":' || e.position || ',"event_id":"' || e.event_id || '","incident":"' || e.incident
        || '","revision":' || e.revision || ',"type":"' || e.type || '","schema_version":' || e.schema_version
        || ',"recorded_at":"' || instant(e.recorded_at) || '","actor":"' || e.actor
        || '","nonce":' || CASE WHEN e.data IS NULL THEN 'null' ELSE '"' || encode(e.nonce, 'hex') || '"' END
        || ',"data_sha256":"' || encode(e.data_sha256, 'hex')
        || '","data":' || CASE WHEN e.data IS NULL THEN 'null,"expunged":' || log_expunged(e.position) ELSE e.data END || '}'
$$;
