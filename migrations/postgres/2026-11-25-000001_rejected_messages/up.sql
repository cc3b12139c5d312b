-- Messages that the gateway delivered and the server rejected. Their bodies are not stored.
CREATE TABLE rejected_messages (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL if the webhook contained none.
    gateway_id TEXT UNIQUE,
    sender TEXT,
    recipient TEXT,
    reason TEXT NOT NULL CHECK (reason IN ('missing_id', 'missing_sender', 'invalid_sender', 'other_channel',
        'missing_recipient', 'unknown_recipient')),
    recovered BOOLEAN NOT NULL DEFAULT FALSE,
    received_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX rejected_messages_by_age ON rejected_messages (received_at);
