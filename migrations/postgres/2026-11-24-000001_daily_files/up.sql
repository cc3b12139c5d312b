-- A file is staged while it comes in, ready once it may be current, and discarded when its rows may go.
ALTER TABLE daily_files ADD COLUMN state TEXT NOT NULL DEFAULT 'ready'
    CHECK (state IN ('staged', 'ready', 'discarded'));
-- Until then, whoever brings the file in holds it; after it, nobody does any more.
ALTER TABLE daily_files ADD COLUMN held_until TIMESTAMPTZ;
-- Whether the team's conversations have the references and names of the file, since it became current.
ALTER TABLE daily_files ADD COLUMN refreshed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE daily_files ADD COLUMN rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN accepted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN rejected_rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN created_by TEXT NOT NULL DEFAULT 'SMS Chat';
UPDATE daily_files SET accepted = (SELECT count(*) FROM customers WHERE daily_file_id = daily_files.id);
UPDATE daily_files SET rows = accepted;
CREATE UNIQUE INDEX daily_files_one_staged ON daily_files (team_id) WHERE state = 'staged';
CREATE INDEX daily_files_by_team ON daily_files (team_id, id);

-- Customers are stored in the order in which they are looked up, so that a file of a million rows is appended. A foreign
-- key would be looked up for every one of them; who stores them holds the file's row, and they go before it. The line is
-- where the customer stands in the file.
ALTER TABLE customers DROP CONSTRAINT customers_daily_file_id_fkey;
ALTER TABLE customers DROP CONSTRAINT customers_pkey;
ALTER TABLE customers ALTER COLUMN id DROP IDENTITY;
ALTER TABLE customers RENAME COLUMN id TO line;
ALTER TABLE customers ADD PRIMARY KEY (daily_file_id, number, line);
DROP INDEX customers_by_number;

CREATE TABLE rejected_rows (
    daily_file_id BIGINT NOT NULL REFERENCES daily_files (id) ON DELETE CASCADE,
    line BIGINT NOT NULL,
    column_name TEXT,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (daily_file_id, line)
);

CREATE TABLE column_mappings (
    team_id BIGINT PRIMARY KEY REFERENCES teams (id),
    ref TEXT,
    name TEXT,
    number TEXT
);
