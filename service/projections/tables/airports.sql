-- What the disruptions of incidents say of airports. A row is one version of one disruption, for one airport that it
-- names, or for none: it stood in the log from `position` until just before `until`.
CREATE TABLE airport_disruptions (
    position   bigint      NOT NULL,
    until      bigint      NOT NULL,               -- the largest bigint while it stands
    incident   uuid        NOT NULL,
    disruption text        NOT NULL COLLATE "C",   -- its key in the incident
    role       text        NOT NULL COLLATE "C",   -- closed, denied, diverted_from, diverted_to
    airport    text        COLLATE "C",            -- NULL: airports are meant that nobody names
    regions    text[]      NOT NULL COLLATE "C",   -- countries and subdivisions of the incident
    begins     timestamptz NOT NULL,               -- in the world, by the best that is said
    ends       timestamptz NOT NULL,               -- infinity: nobody says that it is over
    undated    boolean     NOT NULL,               -- nobody says since when: `begins` is when it was first recorded
    noted_at   timestamptz NOT NULL,               -- when it was first recorded
    ended_at   timestamptz,                        -- when its end was first recorded, if nobody says when that was
    document   text        NOT NULL
);
CREATE UNIQUE INDEX airport_disruptions_by_airport ON airport_disruptions (airport, position, disruption, role) NULLS NOT DISTINCT;
CREATE INDEX airport_disruptions_by_begin ON airport_disruptions (begins, position, disruption, role);
CREATE INDEX airport_disruptions_by_airport_and_begin ON airport_disruptions (airport, begins, position, disruption, role);
CREATE INDEX airport_disruptions_by_end ON airport_disruptions (airport, ends) WHERE role = 'closed';
CREATE INDEX airport_disruptions_by_spell ON airport_disruptions USING gist (tstzrange(begins, ends));
CREATE INDEX airport_disruptions_by_region ON airport_disruptions USING gin (regions);
CREATE INDEX airport_disruptions_standing ON airport_disruptions (incident, disruption) WHERE until = 9223372036854775807;
