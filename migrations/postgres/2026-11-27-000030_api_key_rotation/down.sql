-- An expired key must not work again.
UPDATE api_keys SET revoked_at = expires_at
WHERE revoked_at IS NULL AND expires_at <= now();
DROP INDEX api_keys_by_previous_hash;
ALTER TABLE api_keys DROP COLUMN previous_used_at;
ALTER TABLE api_keys DROP COLUMN previous_expires_at;
ALTER TABLE api_keys DROP COLUMN previous_hint;
ALTER TABLE api_keys DROP COLUMN previous_hash;
ALTER TABLE api_keys DROP COLUMN expires_at;
