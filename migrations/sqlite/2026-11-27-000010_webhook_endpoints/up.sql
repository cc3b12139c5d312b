-- Rule 24: the endpoints to which the server sends a team's events.
CREATE TABLE webhook_endpoints (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    event_types TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- During a rotation, the previous secret signs too.
    previous_secret TEXT,
    previous_secret_until INTEGER,
    -- The last event before the endpoint was created.
    after_event_id INTEGER NOT NULL,
    disabled_at INTEGER,
    disabled_reason TEXT CHECK (disabled_reason IN ('manual', 'failing', 'gone')),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoints_by_team ON webhook_endpoints (team_id, id);

-- One event for one endpoint.
CREATE TABLE webhook_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint_id INTEGER NOT NULL REFERENCES webhook_endpoints (id),
    conversation_id INTEGER,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When the next attempt begins; during an attempt, when another worker takes over. NULL unless pending.
    due_at INTEGER,
    last_attempt_at INTEGER,
    duration_ms INTEGER,
    response_status INTEGER,
    response TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint_id, conversation_id, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- The position in the event log up to which deliveries were recorded. It has a row once there is an endpoint.
CREATE TABLE webhook_positions (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    newest INTEGER NOT NULL,
    -- The lower ids that may still appear, with the time since when they are missing (JSON).
    missing TEXT NOT NULL
) STRICT;

-- What an event concerns, if the other columns do not say it.
ALTER TABLE events ADD COLUMN consent_id INTEGER;
ALTER TABLE events ADD COLUMN daily_file_id INTEGER;
