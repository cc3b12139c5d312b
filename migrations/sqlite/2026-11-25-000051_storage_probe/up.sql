-- Written to and emptied by the readiness check after the disk was full, to see whether there is room again.
CREATE TABLE storage_probe (
    id INTEGER PRIMARY KEY,
    filler BLOB NOT NULL
) STRICT;
