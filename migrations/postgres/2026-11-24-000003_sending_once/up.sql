-- Since when the gateway has refused the credentials. There is no row while it accepts them.
CREATE TABLE gateway_refusals (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    since TIMESTAMPTZ NOT NULL
);

-- End of the last send attempt with an unknown outcome. The gateway may list its message only some time later.
ALTER TABLE outbox ADD COLUMN tried_at TIMESTAMPTZ;

-- Responses to requests with an idempotency key, kept for a day. Messages store their keys in their own table for ever.
CREATE TABLE idempotency_keys (
    -- Prefixed with the sender, because keys are separate for each sender.
    key TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    -- NULL if the response contained a secret that is shown only once.
    answer TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX early_receipts_by_age ON early_receipts (received_at);
