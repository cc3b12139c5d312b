DELETE FROM events WHERE kind = 'snooze_changed';
-- The triggers count the conversations as open again.
UPDATE conversations SET snoozed_until = NULL WHERE snoozed_until IS NOT NULL;
DROP TRIGGER assigned_counts_of_changed ON conversations;
CREATE TRIGGER assigned_counts_of_changed AFTER UPDATE OF status, assigned_to ON conversations
FOR EACH ROW WHEN (old.status <> new.status OR old.assigned_to IS DISTINCT FROM new.assigned_to)
EXECUTE FUNCTION count_assigned();
CREATE OR REPLACE FUNCTION count_assigned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former bigint;
    current bigint;
BEGIN
    IF TG_OP <> 'INSERT' AND old.status = 'open' THEN
        former := old.assigned_to;
    END IF;
    IF TG_OP <> 'DELETE' AND new.status = 'open' THEN
        current := new.assigned_to;
    END IF;
    -- In the order of the accounts, so that two transactions that exchange conversations cannot block each other.
    INSERT INTO assigned_counts AS kept (team_id, account_id, open)
    SELECT coalesce(new.team_id, old.team_id), account_id, sum(change)
    FROM (VALUES (former, -1), (current, 1)) AS changes (account_id, change)
    WHERE account_id IS NOT NULL
    GROUP BY account_id ORDER BY account_id
    ON CONFLICT (team_id, account_id) DO UPDATE SET open = kept.open + excluded.open;
    RETURN NULL;
END $$;
DROP TRIGGER queue_counts_of_changed ON conversations;
CREATE TRIGGER queue_counts_of_changed AFTER UPDATE OF status, next_action ON conversations
FOR EACH ROW WHEN (old.status <> new.status OR old.next_action IS DISTINCT FROM new.next_action)
EXECUTE FUNCTION count_queue();
CREATE OR REPLACE FUNCTION count_queue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agents integer := 0;
    customers integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND old.status = 'open' THEN
        agents := -(old.next_action = 'agent')::integer;
        customers := -(old.next_action = 'customer')::integer;
    END IF;
    IF TG_OP <> 'DELETE' AND new.status = 'open' THEN
        agents := agents + (new.next_action = 'agent')::integer;
        customers := customers + (new.next_action = 'customer')::integer;
    END IF;
    INSERT INTO queue_counts AS kept (team_id, shard, agent, customer)
    VALUES (coalesce(new.team_id, old.team_id), pg_backend_pid() % 256, agents, customers)
    ON CONFLICT (team_id, shard) DO UPDATE
    SET agent = kept.agent + excluded.agent, customer = kept.customer + excluded.customer;
    RETURN NULL;
END $$;
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
