ALTER TABLE team_numbers DROP COLUMN compared_until;
DROP INDEX messages_sent;
DROP INDEX messages_by_conversation;
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);
ALTER TABLE messages DROP COLUMN recovered;
