-- Who makes and relays claims, and what became of them.
CREATE TABLE sources (
    slug     text   PRIMARY KEY COLLATE "C",
    position bigint NOT NULL                       -- of the event that named it first
);

-- A source's record as an event left it.
CREATE TABLE source_versions (
    slug     text   NOT NULL COLLATE "C",
    position bigint NOT NULL,
    kind     text,                                 -- the last that was given
    record   text   NOT NULL,                      -- service/projections/record.py
    PRIMARY KEY (slug, position)
);

-- In how many numbers the ranges of two sources meet, and in how many they do not, as an event left it.
CREATE TABLE source_pairs (
    slug     text    NOT NULL COLLATE "C",
    other    text    NOT NULL COLLATE "C",
    position bigint  NOT NULL,
    agree    integer NOT NULL,
    disagree integer NOT NULL,
    PRIMARY KEY (slug, other, position)
);

-- What the facts of an incident do not tell of a claim: when it came, if not with the first report, and whether it
-- has been changed or taken back since. A claim that is not here came with the first report and is as it was.
CREATE TABLE source_claims (
    incident    uuid        NOT NULL,
    claim       text        NOT NULL COLLATE "C",
    slug        text        NOT NULL COLLATE "C",
    recorded_at timestamptz NOT NULL,
    revised     boolean     NOT NULL,
    retracted   boolean     NOT NULL,
    PRIMARY KEY (incident, claim, slug)
);
