-- Rule 20: a snoozed conversation is out of the queue until this time.
ALTER TABLE conversations ADD COLUMN snoozed_until INTEGER CHECK (snoozed_until IS NULL OR status = 'open');
-- The name of the account or API key that snoozed the conversation, and why. They stay until the next reply.
ALTER TABLE conversations ADD COLUMN snoozed_by TEXT;
ALTER TABLE conversations ADD COLUMN snooze_note TEXT;

-- The indexes of the queue, without snoozed conversations.
DROP INDEX conversations_queue;
CREATE INDEX conversations_queue ON conversations (team_id, next_action, waiting_since, id)
WHERE status = 'open' AND snoozed_until IS NULL;
DROP INDEX conversations_queue_unassigned;
CREATE INDEX conversations_queue_unassigned ON conversations (team_id, next_action, waiting_since, id)
WHERE status = 'open' AND snoozed_until IS NULL AND assigned_to IS NULL;
DROP INDEX conversations_queue_assigned;
CREATE INDEX conversations_queue_assigned ON conversations (assigned_to, team_id, next_action, waiting_since, id)
WHERE status = 'open' AND snoozed_until IS NULL AND assigned_to IS NOT NULL;
-- A team's snoozed conversations, and the snoozes of all teams that end next.
CREATE INDEX conversations_snoozed ON conversations (team_id, snoozed_until, id) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversations_snoozes ON conversations (snoozed_until, id) WHERE snoozed_until IS NOT NULL;

-- The counts of the queue leave out the snoozed conversations, which have a count of their own.
ALTER TABLE queue_counts ADD COLUMN snoozed INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER queue_counts_of_deleted;
DROP TRIGGER queue_counts_of_changed;
CREATE TRIGGER queue_counts_of_changed AFTER UPDATE OF status, next_action, snoozed_until ON conversations
WHEN old.status <> new.status OR old.next_action IS NOT new.next_action
    OR (old.snoozed_until IS NULL) <> (new.snoozed_until IS NULL)
BEGIN
    INSERT INTO queue_counts (team_id, shard, agent, customer, snoozed)
    VALUES (
        new.team_id,
        0,
        (new.status = 'open' AND new.snoozed_until IS NULL AND new.next_action = 'agent')
            - (old.status = 'open' AND old.snoozed_until IS NULL AND old.next_action = 'agent'),
        (new.status = 'open' AND new.snoozed_until IS NULL AND new.next_action = 'customer')
            - (old.status = 'open' AND old.snoozed_until IS NULL AND old.next_action = 'customer'),
        (new.snoozed_until IS NOT NULL) - (old.snoozed_until IS NOT NULL)
    )
    ON CONFLICT DO UPDATE
    SET agent = agent + excluded.agent, customer = customer + excluded.customer, snoozed = snoozed + excluded.snoozed;
END;
CREATE TRIGGER queue_counts_of_deleted AFTER DELETE ON conversations WHEN old.status = 'open'
BEGIN
    UPDATE queue_counts
    SET agent = agent - (old.snoozed_until IS NULL AND old.next_action = 'agent'),
        customer = customer - (old.snoozed_until IS NULL AND old.next_action = 'customer'),
        snoozed = snoozed - (old.snoozed_until IS NOT NULL)
    WHERE team_id = old.team_id;
END;

DROP TRIGGER assigned_counts_of_deleted;
DROP TRIGGER assigned_counts_of_changed;
CREATE TRIGGER assigned_counts_of_changed AFTER UPDATE OF status, assigned_to, snoozed_until ON conversations
WHEN old.status <> new.status OR old.assigned_to IS NOT new.assigned_to
    OR (old.snoozed_until IS NULL) <> (new.snoozed_until IS NULL)
BEGIN
    UPDATE assigned_counts SET open = open - 1
    WHERE old.status = 'open' AND old.snoozed_until IS NULL AND team_id = old.team_id AND account_id = old.assigned_to;
    INSERT INTO assigned_counts (team_id, account_id, open)
    SELECT new.team_id, new.assigned_to, 1
    WHERE new.status = 'open' AND new.snoozed_until IS NULL AND new.assigned_to IS NOT NULL
    ON CONFLICT DO UPDATE SET open = open + 1;
END;
CREATE TRIGGER assigned_counts_of_deleted AFTER DELETE ON conversations
WHEN old.status = 'open' AND old.snoozed_until IS NULL AND old.assigned_to IS NOT NULL
BEGIN
    UPDATE assigned_counts SET open = open - 1 WHERE team_id = old.team_id AND account_id = old.assigned_to;
END;
