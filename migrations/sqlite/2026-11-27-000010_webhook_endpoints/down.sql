ALTER TABLE events DROP COLUMN daily_file_id;
ALTER TABLE events DROP COLUMN consent_id;
DROP TABLE webhook_positions;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
