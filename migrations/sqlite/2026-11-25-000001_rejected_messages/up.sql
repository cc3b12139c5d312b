-- Messages that the gateway delivered and the server rejected. Their bodies are not stored.
CREATE TABLE rejected_messages (
    id INTEGER PRIMARY KEY,
    -- NULL if the webhook contained none.
    gateway_id TEXT UNIQUE,
    sender TEXT,
    recipient TEXT,
    reason TEXT NOT NULL CHECK (reason IN ('missing_id', 'missing_sender', 'invalid_sender', 'other_channel',
        'missing_recipient', 'unknown_recipient')),
    recovered INTEGER NOT NULL DEFAULT 0 CHECK (recovered IN (0, 1)),
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rejected_messages_by_age ON rejected_messages (received_at);
