-- Rule 19: the catalogue of tags. A tag without a team belongs to all teams.
CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER REFERENCES teams (id),
    name TEXT NOT NULL,
    colour TEXT NOT NULL,
    position INTEGER NOT NULL,
    archived_at INTEGER
) STRICT;

-- The tags of conversations.
CREATE TABLE conversation_tags (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    PRIMARY KEY (conversation_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_tags_by_tag ON conversation_tags (tag_id, conversation_id);

-- Rule 9: a closed conversation keeps its tags.
CREATE TRIGGER tags_not_into_closed BEFORE INSERT ON conversation_tags
WHEN (SELECT status FROM conversations WHERE id = new.conversation_id) = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER tags_of_closed_stay BEFORE UPDATE ON conversation_tags
WHEN 'closed' IN (SELECT status FROM conversations WHERE id IN (old.conversation_id, new.conversation_id))
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
CREATE TRIGGER tags_of_closed_are_kept BEFORE DELETE ON conversation_tags
WHEN (SELECT status FROM conversations WHERE id = old.conversation_id) = 'closed'
BEGIN SELECT raise(ABORT, 'conversation_closed'); END;
