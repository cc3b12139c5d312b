DROP INDEX conversations_activity_of_team;
DROP INDEX conversations_activity;
ALTER TABLE conversations DROP COLUMN active_at;
DROP TABLE conversation_texts;
