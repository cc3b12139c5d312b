DELETE FROM events WHERE kind IN ('message_failed', 'given');
DROP TABLE preferences;
