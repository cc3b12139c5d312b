-- The texts that search matches: number, reference and name of each conversation, folded (lower case, no accents) by
-- the server. They are in a separate table, so that frequent updates of conversations do not touch the text index.
CREATE TABLE conversation_texts (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE conversation_texts_index USING fts5 (
    text, content = 'conversation_texts', content_rowid = 'conversation_id', columnsize = 0, tokenize = 'trigram'
);
CREATE TRIGGER conversation_texts_added AFTER INSERT ON conversation_texts
BEGIN INSERT INTO conversation_texts_index (rowid, text) VALUES (new.conversation_id, new.text); END;
CREATE TRIGGER conversation_texts_gone AFTER DELETE ON conversation_texts
BEGIN
    INSERT INTO conversation_texts_index (conversation_texts_index, rowid, text)
    VALUES ('delete', old.conversation_id, old.text);
END;
CREATE TRIGGER conversation_texts_changed AFTER UPDATE OF text ON conversation_texts
BEGIN
    INSERT INTO conversation_texts_index (conversation_texts_index, rowid, text)
    VALUES ('delete', old.conversation_id, old.text);
    INSERT INTO conversation_texts_index (rowid, text) VALUES (new.conversation_id, new.text);
END;
INSERT INTO conversation_texts (conversation_id, text)
SELECT id, number || char(10) || lower(coalesce(ref, '')) || char(10) || lower(coalesce(name, '')) FROM conversations;

-- The time of the last message or of the closure. Set in closed conversations too, without the trigger.
ALTER TABLE conversations ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER conversations_closed_stay;
UPDATE conversations
SET active_at = coalesce(closed_at, max(waiting_since, coalesce(last_message_at, waiting_since)));
CREATE TRIGGER conversations_closed_stay BEFORE UPDATE ON conversations WHEN old.status = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
-- Contains the columns that a search filters by, so that a search reads only matching rows.
CREATE INDEX conversations_activity ON conversations (active_at, id, team_id, status);
CREATE INDEX conversations_activity_of_team ON conversations (team_id, active_at, id, status);
