-- The `incidents` projection: each incident as it now stands, ready to be sent. Written by the append itself.
CREATE TABLE incidents (
    incident        uuid        PRIMARY KEY,
    revision        integer     NOT NULL,
    position        bigint      NOT NULL UNIQUE,          -- of its last event
    recorded_at     timestamptz NOT NULL,                 -- of its last event
    reported_at     timestamptz NOT NULL,                 -- of its first event
    status          text        NOT NULL,
    message_status  text        NOT NULL,
    occurred_start  timestamptz NOT NULL,                 -- both -infinity where nothing was said
    occurred_end    timestamptz NOT NULL,
    tags            text[] COLLATE "C" NOT NULL,          -- 'country:RU', 'source:x', 'word:fire': one index for every equality
    places          point[]     NOT NULL,
    extent          box,
    document        text        NOT NULL
) WITH (toast_tuple_target = 8160);   -- most documents are 1 to 4 KB: compressing them costs more than it saves
CREATE INDEX incidents_by_occurrence ON incidents (occurred_start, incident);
CREATE INDEX incidents_by_tag ON incidents USING gin (tags);
CREATE INDEX incidents_by_extent ON incidents USING gist (extent) WHERE extent IS NOT NULL;

-- A source's own record key belongs to one incident at a time: an active one.
CREATE TABLE external_ids (
    external_id  text COLLATE "C" PRIMARY KEY,            -- namespace/key
    incident     uuid NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON incidents TO incident_ledger_service;
GRANT SELECT, INSERT, DELETE ON external_ids TO incident_ledger_service;
