-- How far the log has been published to streams elsewhere (NATS JetStream).
CREATE TABLE publications (
    stream    text    PRIMARY KEY,
    position  bigint  NOT NULL     -- of the last event that the stream has acknowledged
);
GRANT SELECT, INSERT, UPDATE ON publications TO incident_ledger_service;
