-- Since when the gateway has refused our credentials; no row while it takes them.
CREATE TABLE gateway_refusals (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    since TIMESTAMPTZ NOT NULL
);

-- When the last hand-over ended of which we do not know whether it reached the gateway: its list may lag behind.
ALTER TABLE outbox ADD COLUMN tried_at TIMESTAMPTZ;

-- What requests with an idempotency key were answered, for a day; messages keep their own keys for ever.
CREATE TABLE idempotency_keys (
    -- With its sender, whose own it is.
    key TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    -- NULL: what was answered is shown once.
    answer TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX early_receipts_by_age ON early_receipts (received_at);
