-- The texts that search matches: number, reference and name of each conversation, folded (lower case, no accents) by
-- the server. They are in a separate table, so that frequent updates of conversations do not touch the text index.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE conversation_texts (
    conversation_id BIGINT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
INSERT INTO conversation_texts (conversation_id, text)
SELECT id, number || chr(10) || lower(coalesce(ref, '')) || chr(10) || lower(coalesce(name, '')) FROM conversations;
CREATE INDEX conversation_texts_trigrams ON conversation_texts USING gin (text gin_trgm_ops);

-- The time of the last message or of the closure. Set in closed conversations too, without the trigger.
ALTER TABLE conversations ADD COLUMN active_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch';
ALTER TABLE conversations DISABLE TRIGGER conversations_closed_stay;
UPDATE conversations SET active_at = coalesce(closed_at, greatest(waiting_since, last_message_at));
ALTER TABLE conversations ENABLE TRIGGER conversations_closed_stay;
-- Contains the columns that a search filters by, so that a search reads only matching rows.
CREATE INDEX conversations_activity ON conversations (active_at, id, team_id, status);
CREATE INDEX conversations_activity_of_team ON conversations (team_id, active_at, id, status);
