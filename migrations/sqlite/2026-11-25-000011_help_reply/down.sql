ALTER TABLE teams DROP COLUMN help_reply;
