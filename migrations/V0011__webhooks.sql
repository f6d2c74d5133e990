-- Webhooks: whom to tell of what, and how far each has been told. What a webhook is told of stays in the log: a delivery names the event.
CREATE TABLE webhooks (
    webhook     uuid        PRIMARY KEY,
    actor       text        NOT NULL,                    -- whose it is
    url         text        NOT NULL,
    description text        NOT NULL,
    events      text[]      NOT NULL,                    -- types of events that it is told of
    filters     text        NOT NULL,                    -- as they were given, JSON
    wanted      text        NOT NULL,                    -- as they are matched, JSON
    status      text        NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
    reason      text        NOT NULL DEFAULT '',         -- why it is disabled
    created_at  timestamptz NOT NULL DEFAULT now(),
    position    bigint      NOT NULL                     -- its checkpoint: of every event up to there it is decided whether it is told
);
CREATE INDEX webhooks_by_actor ON webhooks (actor, webhook);

-- The secrets that sign what is sent. They have to be known as they are: a hash signs nothing.
CREATE TABLE webhook_secrets (
    webhook     uuid        NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    secret      text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,                             -- NULL: the one that stays
    PRIMARY KEY (webhook, secret)
);

CREATE TABLE webhook_deliveries (
    webhook      uuid        NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    position     bigint      NOT NULL,                   -- of the event
    incident     uuid        NOT NULL,
    concern      text        NOT NULL CHECK (concern IN ('incident', 'retracted', 'left_filter')),
    state        text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts     integer     NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),     -- when it is tried next, while it is pending
    attempted_at timestamptz,                            -- when it was tried last
    answer       integer,                                -- the status that came back; NULL if none did
    error        text,                                   -- why it failed the last time
    PRIMARY KEY (webhook, position)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook, incident, position) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook, state, position);
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (attempted_at) WHERE state <> 'pending';

GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, webhook_secrets, webhook_deliveries TO incident_ledger_service;
