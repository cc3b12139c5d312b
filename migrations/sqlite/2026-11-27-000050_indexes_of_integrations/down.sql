CREATE INDEX audit_entries_by_subject ON audit_entries (subject_kind, subject_id, at) WHERE subject_id IS NOT NULL;
DROP INDEX audit_entries_by_actor;
DROP INDEX campaign_rows_with_data;
DROP INDEX webhook_deliveries_by_conversation;
