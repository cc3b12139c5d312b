-- Reports of presence that replicas share (rule 17). It stays empty here: one server uses the file, and keeps
-- presence in memory.
CREATE TABLE presences (
    conversation_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    tab TEXT NOT NULL,
    team_id INTEGER NOT NULL,
    account_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('viewing', 'typing', 'gone')),
    seen_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, account_id, tab)
) STRICT;
CREATE INDEX presences_by_version ON presences (version);
