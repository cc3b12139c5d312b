-- Rule 18: a note is a message of the direction 'note'.
--
-- SQLite can change a CHECK only by copying the table, which takes minutes for ten million messages, or by changing the
-- text of the schema, which takes no time. The second is correct here: the new CHECK accepts every row that the old one
-- accepted, and the stored rows stay as they are (https://sqlite.org/lang_altertable.html#otheralter).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '(direction IN (''inbound'', ''outbound''))', '(direction IN (''inbound'', ''outbound'', ''note''))')
WHERE type = 'table' AND name = 'messages';
-- Reads the schema again.
PRAGMA writable_schema = RESET;

-- The accounts that a note mentions. Creating the table also makes other connections read the schema again.
CREATE TABLE mentions (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (message_id, account_id)
) STRICT, WITHOUT ROWID;
