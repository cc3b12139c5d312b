-- When the key stops working; NULL when it does not expire.
ALTER TABLE api_keys ADD COLUMN expires_at TIMESTAMPTZ;
-- The secret before the last rotation: its hash, its first characters, when it stops working, and its last use.
ALTER TABLE api_keys ADD COLUMN previous_hash TEXT;
ALTER TABLE api_keys ADD COLUMN previous_hint TEXT;
ALTER TABLE api_keys ADD COLUMN previous_expires_at TIMESTAMPTZ;
ALTER TABLE api_keys ADD COLUMN previous_used_at TIMESTAMPTZ;
CREATE UNIQUE INDEX api_keys_by_previous_hash ON api_keys (previous_hash);
