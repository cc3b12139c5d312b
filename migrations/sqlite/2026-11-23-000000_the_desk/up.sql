-- Times are microseconds since 1970 (UTC); numbers are E.164; JSON is text.

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE CHECK (email = lower(email)),
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    permissions TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE teams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    region TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team_numbers (
    number TEXT PRIMARY KEY,
    team_id INTEGER NOT NULL REFERENCES teams (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_numbers_by_team ON team_numbers (team_id);

CREATE TABLE team_members (
    team_id INTEGER NOT NULL REFERENCES teams (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (team_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_account ON team_members (account_id);

CREATE TABLE closure_reasons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER REFERENCES teams (id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    archived_at INTEGER
) STRICT;

CREATE TABLE templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER REFERENCES teams (id),
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    position INTEGER NOT NULL,
    archived_at INTEGER
) STRICT;

CREATE TABLE daily_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    file_date TEXT NOT NULL,
    key_data_columns TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX daily_files_one_current ON daily_files (team_id) WHERE is_current = 1;

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    daily_file_id INTEGER NOT NULL REFERENCES daily_files (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    key_data TEXT NOT NULL
) STRICT;
CREATE INDEX customers_by_number ON customers (daily_file_id, number);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    team_number TEXT NOT NULL,
    number TEXT NOT NULL,
    ref TEXT,
    name TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'open', 'closed')),
    origin TEXT NOT NULL CHECK (origin IN ('inbound', 'outbound')),
    next_action TEXT CHECK (next_action IN ('agent', 'customer')),
    waiting_since INTEGER NOT NULL,
    last_message_at INTEGER,
    attention_code TEXT,
    attention_text TEXT,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    -- Copies of the names at the time of closing, so that the history keeps them when accounts and reasons are deleted.
    closed_by TEXT,
    closed_by_id INTEGER REFERENCES accounts (id),
    closure_reason TEXT,
    closure_reason_id INTEGER REFERENCES closure_reasons (id),
    closure_note TEXT,
    previous_id INTEGER REFERENCES conversations (id),
    unread INTEGER NOT NULL DEFAULT 0,
    -- Columns that a closed conversation must have and others must not have.
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_by IS NOT NULL)),
    CHECK ((status = 'closed') = (closure_reason_id IS NOT NULL)),
    CHECK ((status = 'closed') = (next_action IS NULL))
) STRICT;
-- Rule 1: at most one conversation that is not closed for each pair of numbers.
CREATE UNIQUE INDEX conversations_one_live ON conversations (team_number, number) WHERE status <> 'closed';
-- Rule 8: the queue's order; 'agent' sorts before 'customer'.
CREATE INDEX conversations_queue ON conversations (team_id, next_action, waiting_since, id) WHERE status = 'open';
CREATE INDEX conversations_pending ON conversations (team_id, opened_at, id) WHERE status = 'pending';
CREATE INDEX conversations_closed ON conversations (team_id, closed_at, id) WHERE status = 'closed';
CREATE INDEX conversations_previous ON conversations (team_number, number, closed_at) WHERE status = 'closed';

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    sender_kind TEXT NOT NULL CHECK (sender_kind IN ('customer', 'account', 'api_key', 'system')),
    sender_id INTEGER,
    sender_name TEXT,
    body TEXT NOT NULL,
    media TEXT NOT NULL DEFAULT '[]',
    segments INTEGER NOT NULL,
    encoding TEXT NOT NULL CHECK (encoding IN ('gsm7', 'ucs2')),
    status TEXT NOT NULL
        CHECK (status IN ('received', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed')),
    error_code TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    delivered_at INTEGER,
    template_id INTEGER REFERENCES templates (id),
    gateway_id TEXT UNIQUE,
    idempotency_key TEXT UNIQUE,
    request_digest TEXT
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);

-- Messages to send. The row is deleted when the outcome of its message is known.
CREATE TABLE outbox (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id),
    team_number TEXT NOT NULL,
    number TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    -- While set, a worker has claimed the message until this time.
    held_until INTEGER,
    -- Start of the first send attempt with an unknown outcome. The gateway's list is searched from this time on before
    -- the message is sent again.
    unknown_since INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, message_id);
-- Messages to one number are sent in order.
CREATE INDEX outbox_order ON outbox (team_number, number, message_id);

-- Receipts for unknown messages: a receipt can arrive before the gateway's response to the send request.
CREATE TABLE early_receipts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway_id TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX early_receipts_by_gateway_id ON early_receipts (gateway_id);

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    team_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    message_id INTEGER,
    at INTEGER NOT NULL
) STRICT;

-- Rule 9: a closed conversation is read-only. Receipts can still change the status of its messages.
CREATE TRIGGER conversations_closed_stay BEFORE UPDATE ON conversations WHEN old.status = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER conversations_closed_are_kept BEFORE DELETE ON conversations WHEN old.status = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER messages_not_into_closed BEFORE INSERT ON messages
WHEN (SELECT status FROM conversations WHERE id = new.conversation_id) = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER messages_say_what_they_said
BEFORE UPDATE OF id, conversation_id, direction, sender_kind, sender_id, sender_name, body, media, segments, encoding,
    created_at, template_id ON messages
WHEN 'closed' IN (SELECT status FROM conversations WHERE id IN (old.conversation_id, new.conversation_id))
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER messages_of_closed_are_kept BEFORE DELETE ON messages
WHEN (SELECT status FROM conversations WHERE id = old.conversation_id) = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
