DROP INDEX conversations_activity_of_team;
DROP INDEX conversations_activity;
ALTER TABLE conversations DROP COLUMN active_at;
DROP TRIGGER conversation_texts_changed;
DROP TRIGGER conversation_texts_gone;
DROP TRIGGER conversation_texts_added;
DROP TABLE conversation_texts_index;
DROP TABLE conversation_texts;
