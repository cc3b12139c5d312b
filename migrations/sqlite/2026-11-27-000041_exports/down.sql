DROP INDEX conversations_by_start;
DROP INDEX messages_by_time;
