DROP TABLE audit_entries;
DROP TABLE audit_retention;
DROP FUNCTION refuse_audit_change();
DROP FUNCTION refuse_audit_deletion();
