-- Dropping a table also drops its triggers and indices. The order respects the foreign keys.
DROP TABLE events;
DROP TABLE early_receipts;
DROP TABLE outbox;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE customers;
DROP TABLE daily_files;
DROP TABLE templates;
DROP TABLE closure_reasons;
DROP TABLE team_members;
DROP TABLE team_numbers;
DROP TABLE teams;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE accounts;
DROP FUNCTION refuse_into_closed;
DROP FUNCTION refuse_closed;
