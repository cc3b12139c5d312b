DROP TABLE column_mappings;
DROP TABLE rejected_rows;
DELETE FROM daily_files WHERE state <> 'ready';
DELETE FROM customers WHERE daily_file_id NOT IN (SELECT id FROM daily_files);
CREATE TABLE customers_by_id (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    daily_file_id INTEGER NOT NULL REFERENCES daily_files (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    key_data TEXT NOT NULL
) STRICT;
INSERT INTO customers_by_id (daily_file_id, number, ref, name, key_data)
SELECT daily_file_id, number, ref, name, key_data FROM customers ORDER BY daily_file_id, line;
DROP TABLE customers;
ALTER TABLE customers_by_id RENAME TO customers;
CREATE INDEX customers_by_number ON customers (daily_file_id, number);
DROP INDEX daily_files_by_team;
DROP INDEX daily_files_one_staged;
ALTER TABLE daily_files DROP COLUMN created_by;
ALTER TABLE daily_files DROP COLUMN rejected_rows;
ALTER TABLE daily_files DROP COLUMN accepted;
ALTER TABLE daily_files DROP COLUMN rows;
ALTER TABLE daily_files DROP COLUMN refreshed;
ALTER TABLE daily_files DROP COLUMN held_until;
ALTER TABLE daily_files DROP COLUMN state;
