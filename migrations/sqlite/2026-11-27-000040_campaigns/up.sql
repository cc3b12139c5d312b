-- Campaigns: ad-hoc messages to the rows of a CSV file.
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    name TEXT NOT NULL,
    team_number TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Messages per minute.
    pace INTEGER NOT NULL CHECK (pace > 0),
    -- NULL until the file is stored completely.
    state TEXT CHECK (state IN ('draft', 'running', 'paused', 'cancelled', 'finished')),
    pause_reason TEXT,
    -- The names of the columns besides ref, name and number, as JSON.
    key_data_columns TEXT NOT NULL,
    -- Rows with a number, and rows that cannot be used.
    rows INTEGER NOT NULL,
    rejected_rows INTEGER NOT NULL,
    queued INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    -- The rows until this line have their result.
    done_line INTEGER NOT NULL DEFAULT 0,
    -- When the next message goes out.
    due_at INTEGER,
    created_by_kind TEXT NOT NULL,
    created_by_id INTEGER,
    created_by_name TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX campaigns_of_team ON campaigns (team_id, id);
CREATE INDEX campaigns_due ON campaigns (due_at, id) WHERE state = 'running';

-- The rows of a campaign's file. A row and its message are stored in one transaction.
CREATE TABLE campaign_rows (
    campaign_id INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    -- The number, or the value that cannot be used.
    number TEXT NOT NULL,
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The values of the further columns, as JSON.
    key_data TEXT NOT NULL,
    message_id INTEGER REFERENCES messages (id),
    -- The code of the problem of a row that was not sent, and what is wrong.
    problem TEXT,
    problem_text TEXT,
    PRIMARY KEY (campaign_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_rows_by_message ON campaign_rows (message_id) WHERE message_id IS NOT NULL;
