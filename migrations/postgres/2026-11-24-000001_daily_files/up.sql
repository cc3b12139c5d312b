-- A file is staged during its upload, ready when it can become current, and discarded when its rows can be deleted.
ALTER TABLE daily_files ADD COLUMN state TEXT NOT NULL DEFAULT 'ready'
    CHECK (state IN ('staged', 'ready', 'discarded'));
-- The end of the importing process's claim on the file.
ALTER TABLE daily_files ADD COLUMN held_until TIMESTAMPTZ;
-- Whether the team's conversations have taken over the references and names of this file since it became current.
ALTER TABLE daily_files ADD COLUMN refreshed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE daily_files ADD COLUMN rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN accepted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN rejected_rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_files ADD COLUMN created_by TEXT NOT NULL DEFAULT 'SMS Chat';
UPDATE daily_files SET accepted = (SELECT count(*) FROM customers WHERE daily_file_id = daily_files.id);
UPDATE daily_files SET rows = accepted;
CREATE UNIQUE INDEX daily_files_one_staged ON daily_files (team_id) WHERE state = 'staged';
CREATE INDEX daily_files_by_team ON daily_files (team_id, id);

-- The primary key is the order of lookups, so that the rows of a file are appended in key order. There is no foreign
-- key, which would be checked for each of up to a million rows: the importing transaction locks the file's row, and
-- customers are deleted before their file. `line` is the customer's line in the file.
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
