-- Whether the message was fetched from the gateway's list, because its webhook was lost.
ALTER TABLE messages ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;
-- Messages are shown in the order in which they were written, which for a recovered message is not the order of the
-- ids.
DROP INDEX messages_by_conversation;
CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at, id);
-- Sent messages without a final status, whose receipts may have been lost.
CREATE INDEX messages_sent ON messages (created_at) WHERE status = 'sent';
-- The time, by the gateway's clock, up to which the number's messages were compared with the gateway's list.
ALTER TABLE team_numbers ADD COLUMN compared_until INTEGER;
