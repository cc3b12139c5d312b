-- Rule 16: an open conversation is unassigned or assigned to one account. A closed one keeps the account that had it.
ALTER TABLE conversations ADD COLUMN assigned_to INTEGER REFERENCES accounts (id);
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

-- The number of open conversations that each account has in each team, kept by the triggers below.
CREATE TABLE assigned_counts (
    team_id INTEGER NOT NULL REFERENCES teams (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    open INTEGER NOT NULL,
    PRIMARY KEY (team_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER assigned_counts_of_new AFTER INSERT ON conversations
WHEN new.status = 'open' AND new.assigned_to IS NOT NULL
BEGIN
    INSERT INTO assigned_counts (team_id, account_id, open) VALUES (new.team_id, new.assigned_to, 1)
    ON CONFLICT DO UPDATE SET open = open + 1;
END;
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
