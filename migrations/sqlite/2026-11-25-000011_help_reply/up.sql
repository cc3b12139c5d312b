-- The team's automatic reply to HELP and INFO; NULL for none.
ALTER TABLE teams ADD COLUMN help_reply TEXT;
