-- The append: the only way into the log. One element of every array is one event; elements are taken in order.
--
-- Answers one row an element:
--   recorded   it is in the log now, at `position`
--   replayed   its event_id was in the log already, at `position` (the caller compares what it asked for then)
--   conflict   the incident is at `revision`, not at the expected one
--   taken      one of its external ids belongs to another active incident, `holder`
--   withheld   `atomic` was asked for and another element could not be recorded
-- An element that is not recorded drops out; the rest go on (unless `atomic`).
CREATE FUNCTION append_events(
    event_ids uuid[], incidents_ uuid[], expected integer[], types text[], schema_versions smallint[], actors text[],
    nonces bytea[], hashes bytea[], datas text[],
    -- the incidents projection as it stands after each event; `flags_early` is used where it happened after recorded_at
    statuses text[], message_statuses text[], starts timestamptz[], ends timestamptz[], tag_lines text[], place_lists text[],
    flags text[], flags_early text[], bodies text[], claimed text[], released text[],      -- external ids, one a line, or NULL
    atomic boolean
) RETURNS TABLE (outcome text, "position" bigint, revision integer, recorded_at timestamptz, incident uuid, holder uuid)
LANGUAGE plpgsql
-- A session keeps the plan of its first append. On a new register that would be to read the tables whole, for good.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    n         constant integer := cardinality(event_ids);
    head      log_head%ROWTYPE;
    now_at    integer[];         -- revision of the element's incident before the batch
    since     timestamptz[];     -- when that incident was first reported
    before    integer[];         -- the element before this one on the same incident, in this batch
    twin      integer[];         -- the first element with the same event_id, in this batch
    known     bigint[];          -- the position of an event with this event_id, from before the batch
    reached   integer[] := array_fill(NULL::integer, ARRAY[n]);      -- the incident's revision after the element
    outcomes  text[] := array_fill(NULL::text, ARRAY[n]);
    positions bigint[] := array_fill(NULL::bigint, ARRAY[n]);
    times     timestamptz[] := array_fill(NULL::timestamptz, ARRAY[n]);
    holders   uuid[] := array_fill(NULL::uuid, ARRAY[n]);
    kept      bigint[] := array_fill(NULL::bigint, ARRAY[n]);        -- by `twin`: the position its event_id got in this batch
    now_      integer;
    held      text[];
    taken     integer;
    first     bigint;
BEGIN
    -- Its own statement: the ones after it then see what the transaction that held this row before has committed.
    SELECT * INTO head FROM log_head FOR UPDATE;
    first := head.position;

    SELECT array_agg(coalesce(i.revision, 0) ORDER BY c.n), array_agg(i.reported_at ORDER BY c.n),
           array_agg(c.before ORDER BY c.n), array_agg(c.twin ORDER BY c.n), array_agg(e.position ORDER BY c.n)
      INTO now_at, since, before, twin, known
      FROM (SELECT u.event_id, u.incident, u.n::integer AS n,
                   (lag(u.n) OVER (PARTITION BY u.incident ORDER BY u.n))::integer AS before,
                   (first_value(u.n) OVER (PARTITION BY u.event_id ORDER BY u.n))::integer AS twin
              FROM unnest(event_ids, incidents_) WITH ORDINALITY AS u(event_id, incident, n)) c
      LEFT JOIN incidents i ON i.incident = c.incident
      LEFT JOIN events e ON e.event_id = c.event_id;

    FOR k IN 1 .. n LOOP
        IF before[k] IS NULL THEN
            now_ := now_at[k];
        ELSE
            now_ := reached[before[k]];
            since[k] := since[before[k]];
        END IF;
        reached[k] := now_;
        IF known[k] IS NOT NULL THEN
            outcomes[k] := 'replayed';
            positions[k] := known[k];
        ELSIF kept[twin[k]] IS NOT NULL THEN
            outcomes[k] := 'replayed';
            positions[k] := kept[twin[k]];
        ELSIF now_ <> expected[k] THEN
            outcomes[k] := 'conflict';
        ELSE
            IF released[k] IS NOT NULL THEN
                DELETE FROM external_ids x WHERE x.external_id = ANY (string_to_array(released[k], E'\n')) AND x.incident = incidents_[k];
            END IF;
            IF claimed[k] IS NOT NULL THEN
                held := string_to_array(claimed[k], E'\n');
                INSERT INTO external_ids (external_id, incident) SELECT u, incidents_[k] FROM unnest(held) u ON CONFLICT DO NOTHING;
                GET DIAGNOSTICS taken = ROW_COUNT;
                IF taken < cardinality(held) THEN
                    DELETE FROM external_ids x WHERE x.external_id = ANY (held) AND x.incident = incidents_[k];
                    INSERT INTO external_ids (external_id, incident)
                    SELECT u, incidents_[k] FROM unnest(string_to_array(released[k], E'\n')) u;
                    holders[k] := (SELECT x.incident FROM external_ids x WHERE x.external_id = ANY (held) LIMIT 1);
                END IF;
            END IF;
            IF holders[k] IS NOT NULL THEN
                outcomes[k] := 'taken';
            ELSE
                outcomes[k] := 'recorded';
                head.position := head.position + 1;
                head.recorded_at := greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond');
                positions[k] := head.position;
                kept[twin[k]] := head.position;
                since[k] := coalesce(since[k], head.recorded_at);
                times[k] := head.recorded_at;
                reached[k] := now_ + 1;
            END IF;
        END IF;
    END LOOP;

    IF atomic AND EXISTS (SELECT FROM unnest(outcomes) u WHERE u NOT IN ('recorded', 'replayed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'IL001', MESSAGE = 'not all could be recorded',   -- undoes external_ids too
            DETAIL = (SELECT json_agg(json_build_object('outcome', CASE WHEN u.o IN ('recorded', 'replayed') THEN 'withheld' ELSE u.o END,
                                                        'revision', u.r, 'incident', u.i, 'holder', u.h) ORDER BY u.n)
                        FROM unnest(outcomes, reached, incidents_, holders) WITH ORDINALITY AS u(o, r, i, h, n));
    END IF;

    IF head.position > first THEN
        INSERT INTO events (position, event_id, incident, revision, type, schema_version, recorded_at, actor, nonce, data_sha256, data)
        SELECT u.p, u.e, u.i, u.r, u.t, u.v, u.at, u.a, u.s, u.h, u.d
          FROM unnest(positions, event_ids, incidents_, reached, types, schema_versions, times, actors, nonces, hashes, datas, outcomes)
               AS u(p, e, i, r, t, v, at, a, s, h, d, o)
         WHERE u.o = 'recorded';

        INSERT INTO incidents AS old (incident, revision, position, recorded_at, reported_at, status, message_status,
                                      occurred_start, occurred_end, tags, places, extent, document)
        SELECT DISTINCT ON (u.i)
               u.i, u.r, u.p, u.at, u.since, u.s, u.m, u.b, u.e, string_to_array(u.tags, E'\n'),
               coalesce(g.places, '{}'), g.extent,
               '{"id":"' || u.i || '","status":"' || u.s || '","revision":' || u.r || ',"position":' || u.p
               || ',"recorded_at":"' || instant(u.at) || '","reported_at":"' || instant(u.since)
               || '","actor":"' || u.a || '","flags":' || CASE WHEN u.b > u.at THEN u.early ELSE u.f END || ',' || u.body
          FROM unnest(incidents_, reached, positions, times, statuses, message_statuses, starts, ends, tag_lines, place_lists,
                      actors, flags, flags_early, bodies, outcomes, since)
               WITH ORDINALITY AS u(i, r, p, at, s, m, b, e, tags, places, a, f, early, body, o, since, n)
          LEFT JOIN LATERAL (SELECT array_agg(q) AS places, box(point(min(q[0]), min(q[1])), point(max(q[0]), max(q[1]))) AS extent
                               FROM unnest(string_to_array(u.places, E'\n')::point[]) q) g ON u.places IS NOT NULL
         WHERE u.o = 'recorded'
         ORDER BY u.i, u.n DESC
        ON CONFLICT (incident) DO UPDATE SET
            revision = EXCLUDED.revision, position = EXCLUDED.position, recorded_at = EXCLUDED.recorded_at, status = EXCLUDED.status,
            message_status = EXCLUDED.message_status, occurred_start = EXCLUDED.occurred_start, occurred_end = EXCLUDED.occurred_end,
            tags = EXCLUDED.tags, places = EXCLUDED.places, extent = EXCLUDED.extent,
            document = EXCLUDED.document;

        UPDATE log_head SET position = head.position, recorded_at = head.recorded_at;
        PERFORM pg_notify('events', head.position::text);     -- once a batch: NOTIFY takes a lock at commit
    END IF;

    RETURN QUERY SELECT u.o, u.p, u.r, u.at, u.i, u.h
                   FROM unnest(outcomes, positions, reached, times, incidents_, holders) WITH ORDINALITY AS u(o, p, r, at, i, h, n)
                  ORDER BY u.n;
END
$$;
