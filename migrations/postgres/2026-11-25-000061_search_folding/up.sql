-- Progress of the background task that folds search texts again after the folding rules have changed.
-- version: the version of the rules; before_id: conversations from this id on are done; NULL when all are.
CREATE TABLE search_folding (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    before_id BIGINT
);
INSERT INTO search_folding (id, version, before_id) VALUES (1, 0, NULL);
