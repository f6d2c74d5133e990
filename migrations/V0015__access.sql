-- What a key may write, and the trail: who gave and took access, had it sent elsewhere, and took data out of the log.

-- Empty: it is not bound. NULL: nobody said by whom.
ALTER TABLE api_keys
    ADD COLUMN namespaces    text[]  NOT NULL DEFAULT '{}',     -- of external ids: those of its own records
    ADD COLUMN subdivisions  text[]  NOT NULL DEFAULT '{}',     -- ISO 3166-2: each with all that is below it
    ADD COLUMN created_by    text,
    ADD COLUMN revoked_by    text;
GRANT UPDATE (revoked_by) ON api_keys TO incident_ledger_service;

CREATE TABLE trail (
    number   bigint       PRIMARY KEY CHECK (number > 0),             -- from 1, without gaps: what is missing is seen
    at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    deed     text         NOT NULL CHECK (deed ~ '^[a-z]+(_[a-z]+)*$'),
    by       text,                                                    -- who did it, as the command was told
    login    text         NOT NULL DEFAULT session_user,              -- who did it, as PostgreSQL knows it
    subject  text         NOT NULL,                                   -- what it was done to
    details  jsonb        NOT NULL
);
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trail
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON trail TO incident_ledger_service;

-- Whoever writes the next entry waits for the one before it: numbers are in the order in which they can be read.
CREATE FUNCTION number_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('incident-ledger trail', 0));
    NEW.number := 1 + coalesce((SELECT max(t.number) FROM trail t), 0);
    NEW.at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER entries_are_numbered BEFORE INSERT ON trail FOR EACH ROW EXECUTE FUNCTION number_entry();

-- The deeds write the trail themselves, whoever does them and by which way; the service may do them, and write nothing else
-- in it: hence the functions work as their owner.
CREATE FUNCTION trail_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO trail (deed, by, subject, details)
        VALUES ('key_made', NEW.created_by, NEW.prefix,
                jsonb_build_object('actor', NEW.actor, 'scopes', NEW.scopes, 'namespaces', NEW.namespaces,
                                   'subdivisions', NEW.subdivisions, 'expires_at', instant(NEW.expires_at)));
    ELSE
        INSERT INTO trail (deed, by, subject, details)
        VALUES ('key_revoked', NEW.revoked_by, NEW.prefix, jsonb_build_object('actor', NEW.actor));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keys_made_are_in_the_trail AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION trail_key();
CREATE TRIGGER keys_revoked_are_in_the_trail AFTER UPDATE OF revoked_at ON api_keys FOR EACH ROW
    WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION trail_key();

-- A revoked key stays revoked.
CREATE FUNCTION refuse_restored_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'key % was revoked: make another', OLD.prefix USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER keys_stay_revoked BEFORE UPDATE ON api_keys FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) EXECUTE FUNCTION refuse_restored_key();

CREATE FUNCTION trail_expunged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO trail (deed, by, subject, details)
    SELECT 'events_expunged', n.actor, string_agg(n.position::text, ' ' ORDER BY n.position),
           jsonb_build_object('positions', jsonb_agg(n.position ORDER BY n.position), 'reason', n.reason)
      FROM added n
     GROUP BY n.actor, n.reason;
    RETURN NULL;
END
$$;
CREATE TRIGGER expunged_is_in_the_trail AFTER INSERT ON expunged REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION trail_expunged();

-- Of an address the trail keeps where it is, not the rest: that is a secret with some receivers.
CREATE FUNCTION trail_webhook() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told webhooks := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO trail (deed, by, subject, details)
    VALUES (CASE TG_OP WHEN 'INSERT' THEN 'webhook_made' WHEN 'DELETE' THEN 'webhook_deleted' ELSE 'webhook_moved' END,
            told.actor, told.webhook::text,
            jsonb_build_object('actor', told.actor, 'origin', regexp_replace(told.url, '^(https?://)([^/?#]*@)?([^/?#]*).*$', '\1\3')));
    RETURN NULL;
END
$$;
CREATE TRIGGER webhooks_are_in_the_trail AFTER INSERT OR DELETE ON webhooks FOR EACH ROW EXECUTE FUNCTION trail_webhook();
CREATE TRIGGER webhooks_moved_are_in_the_trail AFTER UPDATE OF url ON webhooks FOR EACH ROW
    WHEN (OLD.url IS DISTINCT FROM NEW.url) EXECUTE FUNCTION trail_webhook();

-- An entry as /v1/trail has it.
CREATE FUNCTION trail_entry(t trail) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"number":' || t.number || ',"at":"' || instant(t.at) || '","deed":' || to_json(t.deed) || ',"by":'
        || coalesce(to_json(t.by)::text, 'null') || ',"login":' || to_json(t.login) || ',"subject":' || to_json(t.subject)
        || ',"details":' || t.details || '}'
$$;
