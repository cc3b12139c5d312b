//! `sms-chat restore` verifies the file first, and replaces a database only on request and while no server uses it.

use std::path::PathBuf;

use super::filled::{contents, fails, filled, migrated, succeeds};
use crate::support::{
    Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
};

/// A folder with a backup.
struct Backup {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Backup {
    fn of(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");
        succeeds(database, &["backup", file.to_str().unwrap()]);
        Self { folder, file }
    }

    fn args(&self) -> [&str; 2] {
        ["restore", self.file.to_str().unwrap()]
    }
}

#[test]
fn a_file_that_is_no_complete_backup_is_refused() {
    let backup = Backup::of(&filled(Kind::Sqlite));
    let target = TestDatabase::empty(Kind::Sqlite);
    let refused = || {
        let line = fails(&target, &backup.args());
        let folder = target.file().parent().unwrap().read_dir().unwrap().count();
        assert_eq!(folder, 0, "nothing was created");
        line
    };
    let bytes = std::fs::read(&backup.file).unwrap();

    std::fs::write(&backup.file, &bytes[..bytes.len() / 2]).unwrap();
    let line = refused();
    assert!(line.contains("is damaged or incomplete: "), "{line}");
    let mut overwritten = bytes.clone();
    let middle = bytes.len() / 2;
    overwritten[middle..middle + 8192].fill(0x5a);
    std::fs::write(&backup.file, overwritten).unwrap();
    let line = refused();
    assert!(line.contains("is damaged or incomplete: "), "{line}");

    std::fs::write(&backup.file, "ref,name,number\n").unwrap();
    let line = refused();
    assert!(line.ends_with("is not an SQLite database"), "{line}");
    std::fs::remove_file(&backup.file).unwrap();
    let line = refused();
    assert!(line.contains("cannot be read"), "{line}");

    let other = TestDatabase::empty(Kind::Sqlite);
    other.run("CREATE TABLE recipes (id INTEGER)").unwrap();
    std::fs::copy(other.file(), &backup.file).unwrap();
    let line = refused();
    assert!(line.ends_with("is an SQLite database, but not one of SMS Chat"), "{line}");

    let newer = migrated(Kind::Sqlite);
    newer.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')").unwrap();
    std::fs::copy(newer.file(), &backup.file).unwrap();
    let line = refused();
    assert!(line.contains("is newer than this program"), "{line}");

    std::fs::write(&backup.file, &bytes).unwrap();
    std::fs::write(backup.folder.path().join("backup.db-wal"), "a log").unwrap();
    let line = refused();
    assert!(line.contains("is a database in use"), "{line}");
}

#[test]
fn an_existing_database_is_replaced_only_on_request_and_kept() {
    let backup = Backup::of(&filled(Kind::Sqlite));
    let database = migrated(Kind::Sqlite);
    database.run("INSERT INTO templates (name, body, position) VALUES ('kept', 'b', 1)").unwrap();
    let line = fails(&database, &backup.args());
    assert!(line.contains("exists already; to replace it, add --replace"), "{line}");
    assert_eq!(database.count("templates", "name = 'kept'"), 1);

    let out = succeeds(&database, &[&backup.args()[..], &["--replace"]].concat());
    assert_eq!(contents(&database), contents(&backup_as_database(&backup)));
    assert!(!out.contains("cannot be read"), "{out}");
    std::fs::rename(kept(&out), database.file()).unwrap();
    assert_eq!(database.count("templates", "name = 'kept'"), 1);
}

/// Returns the new name of the replaced database in the output of the command.
fn kept(out: &str) -> PathBuf {
    let name = |line: &str| {
        line.trim()
            .strip_prefix("The database that it replaces is now ")
            .map(|name| PathBuf::from(name.trim_end_matches('.')))
    };
    out.lines().find_map(name).expect("a name")
}

#[test]
fn a_replaced_file_that_is_no_database_is_kept() {
    let backup = Backup::of(&filled(Kind::Sqlite));
    let database = TestDatabase::empty(Kind::Sqlite);
    let text = "a text in the place of a database".repeat(99);
    std::fs::write(database.file(), &text).unwrap();
    let out = succeeds(&database, &[&backup.args()[..], &["--replace"]].concat());
    assert!(out.contains("That database cannot be read: "), "{out}");
    assert_eq!(std::fs::read_to_string(kept(&out)).unwrap(), text);
    assert_eq!(contents(&database), contents(&backup_as_database(&backup)));
}

#[test]
fn a_file_with_the_new_name_of_the_replaced_database_is_not_overwritten() {
    let backup = Backup::of(&filled(Kind::Sqlite));
    let database = migrated(Kind::Sqlite);
    let earlier = database.file().with_extension("replaced");
    std::fs::write(&earlier, "kept before").unwrap();
    let restored = api::db::backup::restore(&backup.file, &database.file(), Some(earlier.clone()));
    let error = restored.unwrap_err().to_string();
    assert!(error.ends_with("exists already; try again"), "{error}");
    assert_eq!(std::fs::read_to_string(&earlier).unwrap(), "kept before");
    assert_eq!(database.count("templates", "1 = 1"), 0, "the database was not replaced");
}

fn backup_as_database(backup: &Backup) -> TestDatabase {
    let database = TestDatabase::empty(Kind::Sqlite);
    std::fs::copy(&backup.file, database.file()).unwrap();
    database
}

#[test]
fn a_database_that_a_server_uses_is_not_replaced() {
    let database = filled(Kind::Sqlite);
    let backup = Backup::of(&database);
    let replace = [&backup.args()[..], &["--replace"]].concat();
    let server = ServerProcess::start(sms_chat(&database.url, &["serve", "--gateway", "simulator"]));
    let line = fails(&database, &replace);
    assert!(line.starts_with("another program uses ") && line.ends_with("stop the server first"), "{line}");
    assert_eq!(database.strings("SELECT journal_mode AS value FROM pragma_journal_mode"), ["wal"]);
    server.terminate();
    assert!(server.exits_successfully());
    succeeds(&database, &replace);
}

#[test]
fn a_restored_backup_of_an_earlier_version_is_migrated_at_the_next_start() {
    let earlier = filled(Kind::Sqlite);
    // As if this migration had not run; running it again has no effect.
    earlier.run("DELETE FROM __diesel_schema_migrations WHERE version = '20261126000111'").unwrap();
    let backup = Backup::of(&earlier);
    let restored = TestDatabase::empty(Kind::Sqlite);
    let out = succeeds(&restored, &backup.args());
    assert!(out.contains("the server runs 1 migrations at its next start"), "{out}");
    assert!(succeeds(&restored, &["migrate"]).contains("1 migrations run"));
}
