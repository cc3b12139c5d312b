DELETE FROM events
WHERE kind NOT IN ('message_received', 'message_queued', 'message_status_changed', 'conversation_closed');
ALTER TABLE events DROP COLUMN account_id;
ALTER TABLE events ALTER COLUMN conversation_id SET NOT NULL;
ALTER TABLE events ALTER COLUMN team_id SET NOT NULL;
DROP INDEX conversations_by_closure_reason;
DROP INDEX messages_by_template;
DROP TABLE api_key_teams;
DROP TABLE api_keys;
DROP TABLE consents;
DROP FUNCTION refuse_append_only;
