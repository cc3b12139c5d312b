-- The number of each team's open conversations by next action. Counting them anew takes as long as there are
-- conversations; these rows are kept by the triggers below. A team has a single shard here.
CREATE TABLE queue_counts (
    team_id INTEGER NOT NULL REFERENCES teams (id),
    shard INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (team_id, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO queue_counts (team_id, shard, agent, customer)
SELECT team_id, 0, sum(next_action = 'agent'), sum(next_action = 'customer')
FROM conversations WHERE status = 'open' GROUP BY team_id;

CREATE TRIGGER queue_counts_of_new AFTER INSERT ON conversations WHEN new.status = 'open'
BEGIN
    INSERT INTO queue_counts (team_id, shard, agent, customer)
    VALUES (new.team_id, 0, new.next_action = 'agent', new.next_action = 'customer')
    ON CONFLICT DO UPDATE SET agent = agent + excluded.agent, customer = customer + excluded.customer;
END;
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
