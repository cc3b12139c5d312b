-- Rule 16: an open conversation is unassigned or assigned to one account. A closed one keeps the account that had it.
ALTER TABLE conversations ADD COLUMN assigned_to BIGINT REFERENCES accounts (id);
-- A note for the holder, or for the team after a return. Shown until the next reply or assignment.
ALTER TABLE conversations ADD COLUMN assignment_note TEXT;
-- The name of the account that gave the conversation with the note.
ALTER TABLE conversations ADD COLUMN assigned_by TEXT;

-- The queue of unassigned conversations, from which POST /queue/next takes.
CREATE INDEX conversations_queue_unassigned ON conversations (team_id, next_action, waiting_since, id)
WHERE status = 'open' AND assigned_to IS NULL;
-- The queue of an account in a team.
CREATE INDEX conversations_queue_assigned ON conversations (assigned_to, team_id, next_action, waiting_since, id)
WHERE status = 'open' AND assigned_to IS NOT NULL;

-- The number of open conversations that each account has in each team, kept by the trigger below.
CREATE TABLE assigned_counts (
    team_id BIGINT NOT NULL REFERENCES teams (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    open BIGINT NOT NULL,
    PRIMARY KEY (team_id, account_id)
) WITH (fillfactor = 50);
CREATE FUNCTION count_assigned() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER assigned_counts_of_new AFTER INSERT ON conversations
FOR EACH ROW WHEN (new.status = 'open' AND new.assigned_to IS NOT NULL) EXECUTE FUNCTION count_assigned();
CREATE TRIGGER assigned_counts_of_changed AFTER UPDATE OF status, assigned_to ON conversations
FOR EACH ROW WHEN (old.status <> new.status OR old.assigned_to IS DISTINCT FROM new.assigned_to)
EXECUTE FUNCTION count_assigned();
CREATE TRIGGER assigned_counts_of_deleted AFTER DELETE ON conversations
FOR EACH ROW WHEN (old.status = 'open' AND old.assigned_to IS NOT NULL) EXECUTE FUNCTION count_assigned();
