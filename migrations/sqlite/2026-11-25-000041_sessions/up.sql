-- Columns shown in a user's list of sessions: last use, browser and address.

ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
UPDATE sessions SET last_used_at = max(
    created_at,
    coalesce((SELECT max(issued_at) FROM refresh_tokens WHERE session_id = sessions.id), created_at)
);
-- For deleting expired tokens.
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
