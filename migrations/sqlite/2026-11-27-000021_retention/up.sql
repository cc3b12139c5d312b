-- The erasure of a customer replaces their number by a text that begins with "erased-". Only an erasure changes what closed
-- conversations, their messages and the consent ledger contain.
DROP TRIGGER conversations_closed_stay;
CREATE TRIGGER conversations_closed_stay BEFORE UPDATE ON conversations WHEN old.status = 'closed' AND NOT (
    new.id = old.id AND new.team_id = old.team_id AND new.team_number = old.team_number AND new.status = old.status
    AND new.origin = old.origin AND new.opened_at = old.opened_at AND new.closed_at = old.closed_at
    AND new.closed_by = old.closed_by AND new.closure_reason_id = old.closure_reason_id
    AND old.number NOT LIKE 'erased-%' AND new.number LIKE 'erased-%' AND new.ref IS NULL AND new.name IS NULL
    AND new.closure_note IS NULL
)
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
DROP TRIGGER messages_say_what_they_said;
CREATE TRIGGER messages_say_what_they_said
BEFORE UPDATE OF id, conversation_id, direction, sender_kind, sender_id, sender_name, body, media, segments, encoding,
    created_at, template_id ON messages
WHEN 'closed' IN (SELECT status FROM conversations WHERE id IN (old.conversation_id, new.conversation_id)) AND NOT (
    new.id = old.id AND new.conversation_id = old.conversation_id AND new.direction = old.direction
    AND new.sender_kind = old.sender_kind AND new.created_at = old.created_at
    AND new.body = '[erased]' AND new.media = '[]'
)
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
DROP TRIGGER consents_stay;
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents WHEN NOT (
    new.id = old.id AND new.team_number = old.team_number AND new.state = old.state AND new.source = old.source
    AND new.by_kind = old.by_kind AND new.by_id IS old.by_id AND new.message_id IS old.message_id
    AND new.created_at = old.created_at AND old.number NOT LIKE 'erased-%' AND new.number LIKE 'erased-%' AND new.note IS NULL
)
BEGIN SELECT raise(ABORT, 'consents_are_append_only'); END;

-- Legal holds: the data of a number in a team, or of the whole team, must not be erased until the hold is lifted.
CREATE TABLE legal_holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams (id),
    -- NULL for the whole team.
    number TEXT,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    lifted_by TEXT,
    lifted_at INTEGER,
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
) STRICT;
CREATE INDEX legal_holds_by_team ON legal_holds (team_id, id);

-- How many days each team keeps its data; NULL keeps it.
CREATE TABLE retention (
    team_id INTEGER PRIMARY KEY REFERENCES teams (id),
    conversation_days INTEGER,
    key_data_days INTEGER,
    audit_days INTEGER
) STRICT;
