-- Another server may still be writing. What it writes between the count and the triggers would never be counted.
LOCK TABLE conversations IN SHARE ROW EXCLUSIVE MODE;
-- The number of each team's open conversations by next action: the sum of a team's shards. Counting them anew takes as
-- long as there are conversations. The trigger below keeps the counts; each connection changes a shard of its own, so
-- that transactions of one team do not wait for each other.
CREATE TABLE queue_counts (
    team_id BIGINT NOT NULL REFERENCES teams (id),
    shard INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (team_id, shard)
) WITH (fillfactor = 50);
INSERT INTO queue_counts (team_id, shard, agent, customer)
SELECT team_id, 0, count(*) FILTER (WHERE next_action = 'agent'), count(*) FILTER (WHERE next_action = 'customer')
FROM conversations WHERE status = 'open' GROUP BY team_id;

CREATE FUNCTION count_queue() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER queue_counts_of_new AFTER INSERT ON conversations
FOR EACH ROW WHEN (new.status = 'open') EXECUTE FUNCTION count_queue();
CREATE TRIGGER queue_counts_of_changed AFTER UPDATE OF status, next_action ON conversations
FOR EACH ROW WHEN (old.status <> new.status OR old.next_action IS DISTINCT FROM new.next_action)
EXECUTE FUNCTION count_queue();
CREATE TRIGGER queue_counts_of_deleted AFTER DELETE ON conversations
FOR EACH ROW WHEN (old.status = 'open') EXECUTE FUNCTION count_queue();
