-- Rule 22: a message that goes out at a later time. NOT VALID, because every row satisfies the narrower check that this
-- one replaces.
ALTER TABLE messages DROP CONSTRAINT messages_status_check;
ALTER TABLE messages ADD CONSTRAINT messages_status_check CHECK (status IN (
    'received', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'scheduled', 'held'
)) NOT VALID;
-- When the message goes out, or was to go out; NULL for a message that was sent at once.
ALTER TABLE messages ADD COLUMN send_at TIMESTAMPTZ;

-- The messages that are scheduled or held. The row is deleted when its message is queued, fails or is cancelled.
CREATE TABLE scheduled_messages (
    message_id BIGINT PRIMARY KEY REFERENCES messages (id),
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    -- NULL while the message is held.
    due_at TIMESTAMPTZ,
    -- The newest message of the conversation when this one was scheduled or last changed.
    seen_message_id BIGINT NOT NULL
);
CREATE INDEX scheduled_messages_due ON scheduled_messages (due_at, message_id);
CREATE INDEX scheduled_messages_by_conversation ON scheduled_messages (conversation_id);

-- Messages between two numbers are sent in the order of their ids, which are those of the time of scheduling. A released
-- message comes after the newest message of its conversation and after those released before it: 1000000 * id + 1, + 2,
-- and so on. NULL stands for 1000000 * message_id.
ALTER TABLE outbox ADD COLUMN position BIGINT;

-- Number of scheduled messages that the closure of the conversation cancelled.
ALTER TABLE conversations ADD COLUMN cancelled_messages INTEGER NOT NULL DEFAULT 0;
