-- Rule 20: a snoozed conversation is out of the queue until this time. NOT VALID, because every row satisfies the check:
-- reading them would lock the table and find nothing.
ALTER TABLE conversations ADD COLUMN snoozed_until TIMESTAMPTZ;
ALTER TABLE conversations ADD CONSTRAINT conversations_snoozed_check
    CHECK (snoozed_until IS NULL OR status = 'open') NOT VALID;
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
CREATE OR REPLACE FUNCTION count_queue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agents integer := 0;
    customers integer := 0;
    snoozes integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND old.status = 'open' THEN
        IF old.snoozed_until IS NULL THEN
            agents := -(old.next_action = 'agent')::integer;
            customers := -(old.next_action = 'customer')::integer;
        ELSE
            snoozes := -1;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' AND new.status = 'open' THEN
        IF new.snoozed_until IS NULL THEN
            agents := agents + (new.next_action = 'agent')::integer;
            customers := customers + (new.next_action = 'customer')::integer;
        ELSE
            snoozes := snoozes + 1;
        END IF;
    END IF;
    INSERT INTO queue_counts AS kept (team_id, shard, agent, customer, snoozed)
    VALUES (coalesce(new.team_id, old.team_id), pg_backend_pid() % 256, agents, customers, snoozes)
    ON CONFLICT (team_id, shard) DO UPDATE
    SET agent = kept.agent + excluded.agent, customer = kept.customer + excluded.customer,
        snoozed = kept.snoozed + excluded.snoozed;
    RETURN NULL;
END $$;
DROP TRIGGER queue_counts_of_changed ON conversations;
CREATE TRIGGER queue_counts_of_changed AFTER UPDATE OF status, next_action, snoozed_until ON conversations
FOR EACH ROW WHEN (
    old.status <> new.status OR old.next_action IS DISTINCT FROM new.next_action
    OR (old.snoozed_until IS NULL) <> (new.snoozed_until IS NULL)
)
EXECUTE FUNCTION count_queue();

CREATE OR REPLACE FUNCTION count_assigned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former bigint;
    current bigint;
BEGIN
    IF TG_OP <> 'INSERT' AND old.status = 'open' AND old.snoozed_until IS NULL THEN
        former := old.assigned_to;
    END IF;
    IF TG_OP <> 'DELETE' AND new.status = 'open' AND new.snoozed_until IS NULL THEN
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
DROP TRIGGER assigned_counts_of_changed ON conversations;
CREATE TRIGGER assigned_counts_of_changed AFTER UPDATE OF status, assigned_to, snoozed_until ON conversations
FOR EACH ROW WHEN (
    old.status <> new.status OR old.assigned_to IS DISTINCT FROM new.assigned_to
    OR (old.snoozed_until IS NULL) <> (new.snoozed_until IS NULL)
)
EXECUTE FUNCTION count_assigned();
