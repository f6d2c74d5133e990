-- What witnesses say of signed checkpoints (C2SP tlog-cosignature): that the log has only grown up to there. Only added to.
CREATE TABLE cosignatures (
    size     bigint    NOT NULL REFERENCES signed_checkpoints,
    witness  text      NOT NULL,                                 -- the name and the id of its key
    number   smallint  NOT NULL CHECK (number > 0),              -- of those of this size: which it was to come
    line     text      NOT NULL CHECK (line ~ '^— \S+ \S+\n$'),  -- as it is added to the note
    PRIMARY KEY (size, witness),
    UNIQUE (number, size)
);
CREATE INDEX cosignatures_of_a_witness ON cosignatures (witness, size);

-- Signed checkpoints as they are served: with the cosignatures that have come until now, which may be none.
CREATE VIEW cosigned_checkpoints AS
    SELECT s.size, s.root, s.signed_at,
           s.note || coalesce((SELECT string_agg(c.line, '' ORDER BY c.number) FROM cosignatures c WHERE c.size = s.size), '') AS note
      FROM signed_checkpoints s;

CREATE TRIGGER cosignatures_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON cosignatures TO incident_ledger_service;
GRANT SELECT ON cosigned_checkpoints TO incident_ledger_service;
