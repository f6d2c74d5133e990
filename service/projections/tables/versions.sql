-- Every state that an incident was ever in, as it was then served, with what lists filter by: the columns of `incidents`.
CREATE TABLE incident_versions (
    incident        uuid        NOT NULL,
    revision        integer     NOT NULL,
    position        bigint      NOT NULL,     -- of the event that made it
    until           bigint      NOT NULL,     -- of the event that made the next one; the largest there is while it stands
    recorded_at     timestamptz NOT NULL,
    status          text        NOT NULL,
    message_status  text        NOT NULL,
    occurred_start  timestamptz NOT NULL,
    occurred_end    timestamptz NOT NULL,
    tags            text[] COLLATE "C" NOT NULL,
    places          point[]     NOT NULL,
    extent          box,
    document        text        NOT NULL,
    PRIMARY KEY (incident, revision)
) WITH (toast_tuple_target = 8160, fillfactor = 90);
CREATE INDEX ON incident_versions (position);
CREATE INDEX ON incident_versions (occurred_start, incident) WHERE occurred_start <= recorded_at;
CREATE INDEX ON incident_versions (occurred_start, incident) WHERE occurred_start > recorded_at;
CREATE INDEX ON incident_versions USING gin (tags);
CREATE INDEX ON incident_versions USING gist (extent) WHERE extent IS NOT NULL;
