DROP TRIGGER queue_counts_of_deleted;
DROP TRIGGER queue_counts_of_changed;
DROP TRIGGER queue_counts_of_new;
DROP TABLE queue_counts;
