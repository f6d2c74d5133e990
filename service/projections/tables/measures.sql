-- What statistics add up. A row is one object entry of one version of an incident that stood in the log from `position`
-- until just before `until`, by the rules from `rule_from` to `rule_to`; an incident without objects has one row too.
-- A number is {best, low, high, 1 if none are reported, 1 if disputed}; NULL: nobody says.
CREATE TABLE measures (
    position       bigint      NOT NULL,
    until          bigint      NOT NULL,              -- the largest bigint while it stands
    occurred       timestamptz NOT NULL,              -- its start; -infinity: nobody says
    incident       uuid        NOT NULL,
    rule_from      smallint    NOT NULL,
    rule_to        smallint    NOT NULL,
    entry          smallint    NOT NULL,              -- which of the incident's objects, from 0
    repeats        smallint    NOT NULL,              -- 0: the incident's first row, 1: its first of the type, 2: neither
    message_status text        NOT NULL COLLATE "C",
    kind           text        NOT NULL COLLATE "C",
    object_type    text        COLLATE "C",
    countries      text[]      NOT NULL COLLATE "C",
    subdivisions   text[]      NOT NULL COLLATE "C",
    observed       integer[],
    destroyed      integer[],
    impacted       integer[],
    lost_contact   integer[],
    killed         integer[],                         -- of the whole incident, in each of its rows
    injured        integer[],
    best_claims    text[],                            -- of these six; NULL unless a claim is part of another
    part_claims    text[],                            -- the claims that are said to be included in another incident's
    part_incidents uuid[],                            -- ... in whose
    part_of        text[]                             -- ... and in which claim of it
);
CREATE INDEX measures_by_occurrence ON measures (occurred);
CREATE INDEX measures_of_incident ON measures (incident);
CREATE INDEX measures_included ON measures (occurred) WHERE part_claims IS NOT NULL;
