-- Each incident as each event left it: what `incidents` held, or would have held, while the log was at a position
-- from `position` until just before `until`. A row is written once; all that changes is `until`, when the next comes.
CREATE TABLE incident_versions (
    incident        uuid        NOT NULL,
    revision        integer     NOT NULL,
    position        bigint      PRIMARY KEY,              -- of the event that made it
    until           bigint      NOT NULL,                 -- of the incident's next event; the largest bigint while it stands
    recorded_at     timestamptz NOT NULL,                 -- from here on as in `incidents`
    reported_at     timestamptz NOT NULL,
    status          text        NOT NULL,
    message_status  text        NOT NULL,
    occurred_start  timestamptz NOT NULL,
    occurred_end    timestamptz NOT NULL,
    tags            text[] COLLATE "C" NOT NULL,
    places          point[]     NOT NULL,
    extent          box,
    document        text        NOT NULL
) WITH (fillfactor = 90);
-- `until` is in no index: to close a version then costs no index anything, where its page has room for one row more.
-- The document goes out of line, so that there is: what is scanned and what is copied are short rows.
ALTER TABLE incident_versions ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX incident_versions_of_incident ON incident_versions (incident, revision);
-- For readers, at the end of a build:
-- With the position, so that what was recorded later is passed over without a look at the table.
CREATE INDEX IF NOT EXISTS incident_versions_by_occurrence ON incident_versions (occurred_start, incident, position);
CREATE INDEX IF NOT EXISTS incident_versions_early ON incident_versions (occurred_start, incident, position) WHERE occurred_start > recorded_at;
CREATE INDEX IF NOT EXISTS incident_versions_early_by_position ON incident_versions (position) WHERE occurred_start > recorded_at;
-- What happened in a stretch of time, as V0010__stretches_of_time.sql has it of `incidents`.
CREATE INDEX IF NOT EXISTS incident_versions_by_spell ON incident_versions
    USING gist (tstzrange(least(occurred_start, occurred_end), greatest(occurred_start, occurred_end), '[]'));
CREATE INDEX IF NOT EXISTS incident_versions_by_tag ON incident_versions USING gin (tags);
CREATE INDEX IF NOT EXISTS incident_versions_by_extent ON incident_versions USING gist (extent) WHERE extent IS NOT NULL;
