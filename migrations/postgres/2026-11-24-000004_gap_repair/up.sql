-- Whether the webhook of a text was lost, so that it was fetched from the gateway's list.
ALTER TABLE messages ADD COLUMN recovered BOOLEAN NOT NULL DEFAULT FALSE;
-- Messages are read in the order in which they were written, which for such a text is not that of the ids.
DROP INDEX messages_by_conversation;
CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at, id);
-- Texts of which the gateway may know more than its receipts have told.
CREATE INDEX messages_sent ON messages (created_at) WHERE status = 'sent';
-- Up to when, by the gateway's clock, its list of a number's texts has been compared with ours.
ALTER TABLE team_numbers ADD COLUMN compared_until TIMESTAMPTZ;
