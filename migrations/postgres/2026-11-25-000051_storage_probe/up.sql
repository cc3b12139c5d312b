-- After the disk was full, the readiness check writes a row here and deletes it, to find out whether there is room
-- again.
CREATE TABLE storage_probe (
    id BIGINT PRIMARY KEY,
    filler BYTEA NOT NULL
);
