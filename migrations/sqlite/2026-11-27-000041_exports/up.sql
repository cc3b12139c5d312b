-- The messages and conversations of a period, in the order of their times.
CREATE INDEX messages_by_time ON messages (created_at, id);
CREATE INDEX conversations_by_start ON conversations (opened_at, id);
