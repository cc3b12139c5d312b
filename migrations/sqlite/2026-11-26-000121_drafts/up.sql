-- Unsent messages of accounts (rule 21): a reply in a conversation, or an ad-hoc message of a team. `key` is the
-- idempotency key under which the message will be sent.
CREATE TABLE drafts (
    kind TEXT NOT NULL CHECK (kind IN ('reply', 'ad_hoc')),
    -- The conversation of a reply, the team of an ad-hoc message.
    subject_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    body TEXT NOT NULL,
    template_id INTEGER REFERENCES templates (id) ON DELETE SET NULL,
    key TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject_id, account_id)
) STRICT;
CREATE INDEX drafts_of_account ON drafts (account_id, key);
CREATE INDEX drafts_by_template ON drafts (template_id) WHERE template_id IS NOT NULL;
