DROP TABLE retention;
DROP TABLE legal_holds;
DROP TRIGGER consents_are_not_deleted ON consents;
DROP TRIGGER consents_stay ON consents;
CREATE TRIGGER consents_stay BEFORE UPDATE OR DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION refuse_append_only();
DROP TRIGGER messages_say_what_they_said ON messages;
CREATE TRIGGER messages_say_what_they_said
BEFORE UPDATE OF id, conversation_id, direction, sender_kind, sender_id, sender_name, body, media, segments, encoding,
    created_at, template_id ON messages
FOR EACH ROW EXECUTE FUNCTION refuse_into_closed();
DROP TRIGGER conversations_closed_are_kept ON conversations;
DROP TRIGGER conversations_closed_stay ON conversations;
CREATE TRIGGER conversations_closed_stay BEFORE UPDATE OR DELETE ON conversations
FOR EACH ROW WHEN (old.status = 'closed') EXECUTE FUNCTION refuse_closed();
