-- What the replicas tell each other about presence (rule 17): the last report of each tab, until 30 seconds after it.
-- Unlogged, because reports need not survive a crash. The sequence is logged: it must not start again while the
-- replicas remember the versions that they have read.
CREATE SEQUENCE presence_versions;
CREATE UNLOGGED TABLE presences (
    conversation_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    tab TEXT NOT NULL,
    team_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('viewing', 'typing', 'gone')),
    seen_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT nextval('presence_versions'),
    PRIMARY KEY (conversation_id, account_id, tab)
);
CREATE INDEX presences_by_version ON presences (version);
