-- Followers: what reads the log in order and keeps its own place in it. The projections are followers.

CREATE TABLE followers (
    name       text        NOT NULL,
    building   boolean     NOT NULL,               -- made aside, to take the place of the one that serves
    version    integer     NOT NULL,               -- of the code that writes it
    position   bigint      NOT NULL DEFAULT 0,     -- its checkpoint: what it holds is made of the events up to here
    error      text,                               -- why it cannot take the next event; NULL while it follows
    failed_at  timestamptz,
    PRIMARY KEY (name, building)
) WITH (fillfactor = 10);
GRANT SELECT, INSERT, UPDATE, DELETE ON followers TO incident_ledger_service;

-- The tables of projections are the service's own: it makes them from the log, and can do so again at any time.
-- Statements name them without a schema; the session's search_path says which are meant.
CREATE SCHEMA serving;
CREATE SCHEMA building;
GRANT USAGE, CREATE ON SCHEMA serving, building TO incident_ledger_service;

-- Put the tables that were built in the place of those that serve. In the caller's transaction, as the caller.
CREATE FUNCTION serve_built(follower text, tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY tables LOOP
        EXECUTE format('DROP TABLE IF EXISTS serving.%I', each);
        EXECUTE format('ALTER TABLE building.%I SET SCHEMA serving', each);
    END LOOP;
    DELETE FROM followers WHERE name = follower AND NOT building;
    UPDATE followers SET building = false WHERE name = follower AND building;
END
$$;

-- Drop what an earlier build left. As the caller.
CREATE FUNCTION forget_built(follower text, tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY tables LOOP
        EXECUTE format('DROP TABLE IF EXISTS building.%I', each);
    END LOOP;
    DELETE FROM followers WHERE name = follower AND building;
END
$$;

-- The last position that had been recorded at a moment. Both only ever rise along the log, so halving finds it.
CREATE FUNCTION position_at(moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low  bigint := 0;
    high bigint := (SELECT position FROM log_head);
    half bigint;
BEGIN
    WHILE low < high LOOP
        half := (low + high + 1) / 2;
        IF (SELECT e.recorded_at FROM events e WHERE e.position = half) <= moment THEN
            low := half;
        ELSE
            high := half - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
