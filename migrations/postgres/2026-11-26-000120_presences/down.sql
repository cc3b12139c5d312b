DROP TABLE presences;
DROP SEQUENCE presence_versions;
