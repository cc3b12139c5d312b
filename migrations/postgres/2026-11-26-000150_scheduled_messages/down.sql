ALTER TABLE conversations DROP COLUMN cancelled_messages;
ALTER TABLE outbox DROP COLUMN position;
DELETE FROM events WHERE kind IN ('message_scheduled', 'message_held', 'message_cancelled');
DROP TABLE scheduled_messages;
UPDATE conversations SET attention_code = NULL, attention_text = NULL
WHERE attention_code = 'message_held' AND status <> 'closed';
-- The former version cannot send them. A closed conversation has none.
DELETE FROM messages WHERE status IN ('scheduled', 'held');
ALTER TABLE messages DROP COLUMN send_at;
ALTER TABLE messages DROP CONSTRAINT messages_status_check;
ALTER TABLE messages ADD CONSTRAINT messages_status_check
    CHECK (status IN ('received', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed'));
