DELETE FROM events WHERE kind IN ('note_added', 'mentioned');
DROP TABLE mentions;
-- Notes are deleted from closed conversations too, without the trigger.
ALTER TABLE messages DISABLE TRIGGER messages_not_into_closed;
DELETE FROM messages WHERE direction = 'note';
ALTER TABLE messages ENABLE TRIGGER messages_not_into_closed;
ALTER TABLE messages DROP CONSTRAINT messages_direction_check;
ALTER TABLE messages ADD CONSTRAINT messages_direction_check CHECK (direction IN ('inbound', 'outbound'));
