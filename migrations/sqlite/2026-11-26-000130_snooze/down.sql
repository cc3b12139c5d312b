DELETE FROM events WHERE kind = 'snooze_changed';
-- The triggers count the conversations as open again.
UPDATE conversations SET snoozed_until = NULL WHERE snoozed_until IS NOT NULL;
DROP TRIGGER assigned_counts_of_deleted;
DROP TRIGGER assigned_counts_of_changed;
CREATE TRIGGER assigned_counts_of_changed AFTER UPDATE OF status, assigned_to ON conversations
WHEN old.status <> new.status OR old.assigned_to IS NOT new.assigned_to
BEGIN
    UPDATE assigned_counts SET open = open - 1
    WHERE old.status = 'open' AND team_id = old.team_id AND account_id = old.assigned_to;
    INSERT INTO assigned_counts (team_id, account_id, open)
    SELECT new.team_id, new.assigned_to, 1 WHERE new.status = 'open' AND new.assigned_to IS NOT NULL
    ON CONFLICT DO UPDATE SET open = open + 1;
END;
CREATE TRIGGER assigned_counts_of_deleted AFTER DELETE ON conversations
WHEN old.status = 'open' AND old.assigned_to IS NOT NULL
BEGIN
    UPDATE assigned_counts SET open = open - 1 WHERE team_id = old.team_id AND account_id = old.assigned_to;
END;
DROP TRIGGER queue_counts_of_deleted;
DROP TRIGGER queue_counts_of_changed;
CREATE TRIGGER queue_counts_of_changed AFTER UPDATE OF status, next_action ON conversations
WHEN old.status <> new.status OR old.next_action IS NOT new.next_action
BEGIN
    INSERT INTO queue_counts (team_id, shard, agent, customer)
    VALUES (
        new.team_id,
        0,
        (new.status = 'open' AND new.next_action = 'agent') - (old.status = 'open' AND old.next_action = 'agent'),
        (new.status = 'open' AND new.next_action = 'customer') - (old.status = 'open' AND old.next_action = 'customer')
    )
    ON CONFLICT DO UPDATE SET agent = agent + excluded.agent, customer = customer + excluded.customer;
END;
CREATE TRIGGER queue_counts_of_deleted AFTER DELETE ON conversations WHEN old.status = 'open'
BEGIN
    UPDATE queue_counts
    SET agent = agent - (old.next_action = 'agent'), customer = customer - (old.next_action = 'customer')
    WHERE team_id = old.team_id;
END;
ALTER TABLE queue_counts DROP COLUMN snoozed;
DROP INDEX conversations_snoozes;
DROP INDEX conversations_snoozed;
DROP INDEX conversations_queue_assigned;
CREATE INDEX conversations_queue_assigned ON conversations (assigned_to, team_id, next_action, waiting_since, id)
WHERE status = 'open' AND assigned_to IS NOT NULL;
DROP INDEX conversations_queue_unassigned;
CREATE INDEX conversations_queue_unassigned ON conversations (team_id, next_action, waiting_since, id)
WHERE status = 'open' AND assigned_to IS NULL;
DROP INDEX conversations_queue;
CREATE INDEX conversations_queue ON conversations (team_id, next_action, waiting_since, id) WHERE status = 'open';
ALTER TABLE conversations DROP COLUMN snooze_note;
ALTER TABLE conversations DROP COLUMN snoozed_by;
ALTER TABLE conversations DROP COLUMN snoozed_until;
