DROP TRIGGER assigned_counts_of_deleted;
DROP TRIGGER assigned_counts_of_changed;
DROP TRIGGER assigned_counts_of_new;
DROP TABLE assigned_counts;
DROP INDEX conversations_queue_assigned;
DROP INDEX conversations_queue_unassigned;
ALTER TABLE conversations DROP COLUMN assigned_by;
ALTER TABLE conversations DROP COLUMN assignment_note;
ALTER TABLE conversations DROP COLUMN assigned_to;
