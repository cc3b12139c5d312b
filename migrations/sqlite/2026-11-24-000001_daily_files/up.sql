-- A file is staged while it comes in, ready once it may be current, and discarded when its rows may go.
ALTER TABLE daily_files ADD COLUMN state TEXT NOT NULL DEFAULT 'ready'
    CHECK (state IN ('staged', 'ready', 'discarded'));
-- Until then, whoever brings the file in holds it; after it, nobody does any more.
ALTER TABLE daily_files ADD COLUMN held_until INTEGER;
-- Whether the team's conversations have the references and names of the file, since it became current.
ALTER TABLE daily_files ADD COLUMN refreshed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE daily_files ADD COLUMN rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN rejected_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN created_by TEXT NOT NULL DEFAULT 'SMS Chat';
UPDATE daily_files SET accepted = (SELECT count(*) FROM customers WHERE daily_file_id = daily_files.id);
UPDATE daily_files SET rows = accepted;
CREATE UNIQUE INDEX daily_files_one_staged ON daily_files (team_id) WHERE state = 'staged';
CREATE INDEX daily_files_by_team ON daily_files (team_id, id);

-- Customers are stored in the order in which they are looked up, so that a file of a million rows is appended. A foreign
-- key would be looked up for every one of them; who stores them holds the file's row, and they go before it.
CREATE TABLE customers_of_files (
    daily_file_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    -- Where the customer stands in the file.
    line INTEGER NOT NULL,
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    key_data TEXT NOT NULL,
    PRIMARY KEY (daily_file_id, number, line)
) STRICT, WITHOUT ROWID;
INSERT INTO customers_of_files (daily_file_id, number, line, ref, name, key_data)
SELECT daily_file_id, number, id, ref, name, key_data FROM customers ORDER BY daily_file_id, number, id;
DROP TABLE customers;
ALTER TABLE customers_of_files RENAME TO customers;

CREATE TABLE rejected_rows (
    daily_file_id INTEGER NOT NULL REFERENCES daily_files (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    column_name TEXT,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (daily_file_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE column_mappings (
    team_id INTEGER NOT NULL PRIMARY KEY REFERENCES teams (id),
    ref TEXT,
    name TEXT,
    number TEXT
) STRICT, WITHOUT ROWID;
