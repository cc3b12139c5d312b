DELETE FROM events WHERE kind = 'tags_changed';
DROP TABLE conversation_tags;
DROP TABLE tags;
