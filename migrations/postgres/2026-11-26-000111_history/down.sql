DROP INDEX conversations_history;
