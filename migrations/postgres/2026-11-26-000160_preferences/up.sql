-- What accounts have set for themselves. An account without a row has the defaults.
CREATE TABLE preferences (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id),
    -- JSON. A missing field has its default, so that a new preference needs no migration.
    fields TEXT NOT NULL
);
