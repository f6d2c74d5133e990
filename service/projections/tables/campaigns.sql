-- Every campaign of which anything is on record, and the position of the event that first spoke of it.
CREATE TABLE campaign_codes (
    code     text   PRIMARY KEY COLLATE "C",
    position bigint NOT NULL
);

-- What its incidents came to, as an event left it.
CREATE TABLE campaign_versions (
    code     text   NOT NULL COLLATE "C",
    position bigint NOT NULL,
    document text   NOT NULL,
    PRIMARY KEY (code, position)
);

-- What can be named of its incidents; a row stood in the log from `position` until just before `until`.
CREATE TABLE campaign_items (
    code     text   NOT NULL COLLATE "C",
    sort     text   NOT NULL COLLATE "C",
    incident uuid   NOT NULL,
    key      text   NOT NULL COLLATE "C",
    position bigint NOT NULL,
    until    bigint NOT NULL,               -- the largest bigint while it stands
    document text   NOT NULL
);
CREATE UNIQUE INDEX campaign_items_standing ON campaign_items (incident, code, sort, key) WHERE until = 9223372036854775807;
CREATE INDEX campaign_items_that_stand ON campaign_items (code, sort, position) WHERE until = 9223372036854775807;
-- Which stood at a position: each is a line from `position` to `until`, beside those of other sorts and campaigns.
CREATE INDEX campaign_items_that_stood ON campaign_items USING gist (box(point(hashtext(code || sort), position), point(hashtext(code || sort), until)))
 WHERE until < 9223372036854775807;

-- The incidents that count now, as far as it matters to which number includes which.
CREATE TABLE campaign_members (
    incident uuid PRIMARY KEY,
    member   text NOT NULL
);

-- Incidents of which a claim is part of a claim of another.
CREATE TABLE campaign_parts (
    above    uuid NOT NULL,
    incident uuid NOT NULL,
    PRIMARY KEY (above, incident)
);
CREATE INDEX campaign_parts_of ON campaign_parts (incident, above);

-- How far each of the incidents that count now reaches, in time and place; those of which neither is known are not here.
CREATE TABLE campaign_extents (
    code     text             NOT NULL COLLATE "C",
    incident uuid             NOT NULL,
    start    text             COLLATE "C",       -- in UTC, with as many digits as any other
    west     double precision,
    south    double precision,
    east     double precision,
    north    double precision
);
CREATE INDEX campaign_extents_by_start ON campaign_extents (code, start, incident);
CREATE INDEX campaign_extents_of ON campaign_extents (incident, code);
