-- The audit log: who did what, when and from which address.
CREATE TABLE audit_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('account', 'api_key', 'system', 'anonymous')),
    actor_id INTEGER,
    -- The name at that time; the e-mail address of a refused sign-in.
    actor_name TEXT NOT NULL,
    team_id INTEGER,
    action TEXT NOT NULL,
    subject_kind TEXT,
    subject_id INTEGER,
    subject_label TEXT,
    -- A JSON object of texts.
    details TEXT NOT NULL,
    -- The term of a search, which can be a customer's name or number.
    term TEXT,
    address TEXT,
    request_id TEXT,
    CHECK ((subject_kind IS NULL) = (subject_id IS NULL))
) STRICT;
CREATE INDEX audit_entries_by_team ON audit_entries (team_id, id);
CREATE INDEX audit_entries_by_time ON audit_entries (at);
-- Finds the terms for an erasure.
CREATE INDEX audit_entries_with_term ON audit_entries (id) WHERE term IS NOT NULL;
-- Finds whether the same actor has just read the same key data.
CREATE INDEX audit_entries_by_subject ON audit_entries (subject_kind, subject_id, at) WHERE subject_id IS NOT NULL;

-- Up to which time the entries of a team may be deleted, because their retention has ended; 0 stands for entries of no
-- team. Without a row, none may be deleted.
CREATE TABLE audit_retention (
    team_id INTEGER PRIMARY KEY,
    deletable_until INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_entries_are_kept BEFORE DELETE ON audit_entries
WHEN NOT EXISTS (
    SELECT 1 FROM audit_retention WHERE team_id = coalesce(old.team_id, 0) AND old.at <= deletable_until
)
BEGIN SELECT raise(ABORT, 'audit_entries_are_append_only'); END;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OF id, at, actor_kind, actor_id, actor_name, team_id, action, subject_kind,
    subject_id, subject_label, details, address, request_id ON audit_entries
BEGIN SELECT raise(ABORT, 'audit_entries_are_append_only'); END;
-- The erasure of a customer removes their name or number from the terms of searches.
CREATE TRIGGER audit_terms_are_only_erased BEFORE UPDATE OF term ON audit_entries
WHEN old.term IS NULL OR new.term IS NOT '[erased]'
BEGIN SELECT raise(ABORT, 'audit_entries_are_append_only'); END;
-- REPLACE deletes rows without firing the delete trigger.
CREATE TRIGGER audit_entries_are_not_replaced BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = new.id)
BEGIN SELECT raise(ABORT, 'audit_entries_are_append_only'); END;
