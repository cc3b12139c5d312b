CREATE TABLE events_of_conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    team_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    message_id INTEGER,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO events_of_conversations (id, kind, team_id, conversation_id, message_id, at)
SELECT id, kind, team_id, conversation_id, message_id, at FROM events
WHERE kind IN ('message_received', 'message_queued', 'message_status_changed', 'conversation_closed');
DROP TABLE events;
ALTER TABLE events_of_conversations RENAME TO events;
DROP INDEX conversations_by_closure_reason;
DROP INDEX messages_by_template;
DROP TABLE api_key_teams;
DROP TABLE api_keys;
DROP TRIGGER consents_are_not_replaced;
DROP TRIGGER consents_stay;
DROP TRIGGER consents_are_kept;
DROP TABLE consents;
