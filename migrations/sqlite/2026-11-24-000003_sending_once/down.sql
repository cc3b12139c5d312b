DROP INDEX early_receipts_by_age;
DROP TABLE idempotency_keys;
ALTER TABLE outbox DROP COLUMN tried_at;
DROP TABLE gateway_refusals;
