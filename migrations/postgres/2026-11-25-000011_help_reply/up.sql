-- The team's answer to HELP and INFO; NULL answers nothing.
ALTER TABLE teams ADD COLUMN help_reply TEXT;
