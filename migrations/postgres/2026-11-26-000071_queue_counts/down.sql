DROP TRIGGER queue_counts_of_deleted ON conversations;
DROP TRIGGER queue_counts_of_changed ON conversations;
DROP TRIGGER queue_counts_of_new ON conversations;
DROP FUNCTION count_queue();
DROP TABLE queue_counts;
