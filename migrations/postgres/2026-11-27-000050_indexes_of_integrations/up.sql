-- An erasure finds the deliveries of a conversation.
CREATE INDEX webhook_deliveries_by_conversation ON webhook_deliveries (conversation_id) WHERE conversation_id IS NOT NULL;
-- The rows that were not erased.
CREATE INDEX campaign_rows_with_data ON campaign_rows (campaign_id, line) WHERE number <> '[erased]';
-- What an actor has viewed or exported lately.
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, action, at) WHERE actor_id IS NOT NULL;
DROP INDEX audit_entries_by_subject;
