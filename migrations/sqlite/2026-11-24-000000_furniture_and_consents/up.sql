-- The consent ledger: whether a number accepts messages from a team number. The last entry counts.
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_number TEXT NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('opted_in', 'opted_out')),
    source TEXT NOT NULL CHECK (source IN ('keyword', 'gateway', 'manual')),
    by_kind TEXT NOT NULL CHECK (by_kind IN ('customer', 'account', 'api_key', 'system')),
    by_id INTEGER,
    by_name TEXT,
    message_id INTEGER REFERENCES messages (id),
    note TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_numbers ON consents (team_number, number, id);
CREATE INDEX consents_by_number ON consents (number, id);
CREATE TRIGGER consents_are_kept BEFORE DELETE ON consents
BEGIN SELECT raise(ABORT, 'consents_are_append_only'); END;
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
BEGIN SELECT raise(ABORT, 'consents_are_append_only'); END;
-- REPLACE deletes rows without firing the delete trigger.
CREATE TRIGGER consents_are_not_replaced BEFORE INSERT ON consents
WHEN EXISTS (SELECT 1 FROM consents WHERE id = new.id)
BEGIN SELECT raise(ABORT, 'consents_are_append_only'); END;

-- API keys of programs. Only the hash of a key is stored.
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE TABLE api_key_teams (
    api_key_id INTEGER NOT NULL REFERENCES api_keys (id),
    team_id INTEGER NOT NULL REFERENCES teams (id),
    PRIMARY KEY (api_key_id, team_id)
) STRICT, WITHOUT ROWID;

-- A template or reason that was ever used is archived instead of deleted.
CREATE INDEX messages_by_template ON messages (template_id) WHERE template_id IS NOT NULL;
CREATE INDEX conversations_by_closure_reason ON conversations (closure_reason_id) WHERE closure_reason_id IS NOT NULL;

-- An event can concern a team or an account instead of a conversation.
CREATE TABLE events_of_all (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    team_id INTEGER,
    conversation_id INTEGER,
    message_id INTEGER,
    account_id INTEGER,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO events_of_all (id, kind, team_id, conversation_id, message_id, at)
SELECT id, kind, team_id, conversation_id, message_id, at FROM events;
DROP TABLE events;
ALTER TABLE events_of_all RENAME TO events;
