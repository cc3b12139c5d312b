DROP TABLE retention;
DROP TABLE legal_holds;
DROP TRIGGER consents_stay;
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
BEGIN SELECT raise(ABORT, 'consents_are_append_only'); END;
DROP TRIGGER messages_say_what_they_said;
CREATE TRIGGER messages_say_what_they_said
BEFORE UPDATE OF id, conversation_id, direction, sender_kind, sender_id, sender_name, body, media, segments, encoding,
    created_at, template_id ON messages
WHEN 'closed' IN (SELECT status FROM conversations WHERE id IN (old.conversation_id, new.conversation_id))
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
DROP TRIGGER conversations_closed_stay;
CREATE TRIGGER conversations_closed_stay BEFORE UPDATE ON conversations WHEN old.status = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
