-- A file is staged during its upload, ready when it can become current, and discarded when its rows can be deleted.
ALTER TABLE daily_files ADD COLUMN state TEXT NOT NULL DEFAULT 'ready'
    CHECK (state IN ('staged', 'ready', 'discarded'));
-- The end of the importing process's claim on the file.
ALTER TABLE daily_files ADD COLUMN held_until INTEGER;
-- Whether the team's conversations have taken over the references and names of this file since it became current.
ALTER TABLE daily_files ADD COLUMN refreshed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE daily_files ADD COLUMN rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN rejected_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN created_by TEXT NOT NULL DEFAULT 'SMS Chat';
UPDATE daily_files SET accepted = (SELECT count(*) FROM customers WHERE daily_file_id = daily_files.id);
UPDATE daily_files SET rows = accepted;
CREATE UNIQUE INDEX daily_files_one_staged ON daily_files (team_id) WHERE state = 'staged';
CREATE INDEX daily_files_by_team ON daily_files (team_id, id);

-- The primary key is the order of lookups, so that the rows of a file are appended in key order. There is no foreign
-- key, which would be checked for each of up to a million rows: the importing transaction locks the file's row, and
-- customers are deleted before their file.
CREATE TABLE customers_of_files (
    daily_file_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    -- The customer's line in the file.
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
