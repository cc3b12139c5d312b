DELETE FROM events WHERE kind IN ('note_added', 'mentioned');
DROP TABLE mentions;
-- Notes are deleted from closed conversations too, without the trigger.
DROP TRIGGER messages_of_closed_are_kept;
DELETE FROM messages WHERE direction = 'note';
CREATE TRIGGER messages_of_closed_are_kept BEFORE DELETE ON messages
WHEN (SELECT status FROM conversations WHERE id = old.conversation_id) = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '(direction IN (''inbound'', ''outbound'', ''note''))', '(direction IN (''inbound'', ''outbound''))')
WHERE type = 'table' AND name = 'messages';
PRAGMA writable_schema = RESET;
