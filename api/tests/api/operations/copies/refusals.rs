//! What a move refuses, with a sentence that names it.

use super::filled::{fails, filled, migrated, move_args, succeeds};
use crate::support::{
    Kind,
    command::{CommandOutput, ServerProcess, run_command, sms_chat},
    database::TestDatabase,
};

fn refused(source: &TestDatabase, target: &TestDatabase) -> String {
    fails(target, &move_args(source, target))
}

#[test]
fn a_target_that_holds_anything_is_refused_with_the_name_of_the_table() {
    let source = filled(Kind::Sqlite);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let target = migrated(kind);
        target.run("INSERT INTO templates (name, body, position) VALUES ('a', 'b', 1)").unwrap();
        let line = refused(&source, &target);
        assert!(
            line.ends_with("already has rows in the table templates; move into an empty database"),
            "{line}"
        );

        let target = TestDatabase::empty(kind);
        target.run("CREATE TABLE recipes (id INTEGER)").unwrap();
        let line = refused(&source, &target);
        assert!(line.contains("has the table recipes of another program"), "{line}");
        assert_eq!(target.count("recipes", "1 = 1"), 0);
    }
    let line = refused(&source, &source);
    assert!(line.starts_with("--from and --to name the same database"), "{line}");
}

#[test]
fn a_source_that_cannot_be_moved_is_refused() {
    let target = TestDatabase::empty(Kind::Sqlite);
    let missing = TestDatabase::empty(Kind::Sqlite);
    let line = refused(&missing, &target);
    assert!(line.contains("does not exist; check --from"), "{line}");
    assert!(!missing.file().exists());

    std::fs::write(missing.file(), "this is a text, and no database, although it has the name of one")
        .unwrap();
    let line = refused(&missing, &target);
    assert!(line.contains("file is not a database"), "{line}");

    for kind in [Kind::Sqlite, Kind::Postgres] {
        let source = TestDatabase::empty(kind);
        source.run("CREATE TABLE recipes (id INTEGER)").unwrap();
        let line = refused(&source, &target);
        assert!(line.ends_with("is not a database of SMS Chat; check --from"), "{line}");

        let source = migrated(kind);
        source.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')").unwrap();
        let line = refused(&source, &target);
        assert!(line.contains("is newer than this program"), "{line}");
        source.run("DELETE FROM __diesel_schema_migrations WHERE version > '20261126000100'").unwrap();
        let line = refused(&source, &target);
        assert!(line.contains("is older than this program; run sms-chat migrate"), "{line}");
    }
    assert!(!target.file().exists(), "no target was created");
    let CommandOutput { code, err, .. } = run_command(
        sms_chat("sqlite://unused.db", &["move", "--from", "mysql://x", "--to", &target.url]),
        "",
    );
    assert_eq!(code, 1);
    assert!(err.starts_with("sms-chat: --from must begin with sqlite:// or postgres://"), "{err}");
}

#[test]
fn a_database_that_a_server_uses_is_refused() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (used, other) = (filled(kind), TestDatabase::empty(Kind::Sqlite));
        let server = ServerProcess::start(sms_chat(&used.url, &["serve", "--gateway", "simulator"]));
        let line = refused(&used, &other);
        assert!(line.starts_with("another program uses "), "{line}");
        assert!(line.contains("stop the server"), "{line}");
        let line = refused(&filled(Kind::Sqlite), &used);
        assert!(line.starts_with("another program uses "), "{line}");
        server.terminate();
        assert!(server.exits_successfully());
        succeeds(&other, &move_args(&used, &other));
    }
}

#[test]
fn a_postgres_database_with_a_client_of_another_name_is_refused() {
    let (used, other) = (filled(Kind::Postgres), TestDatabase::empty(Kind::Sqlite));
    let client = used.postgres();
    let line = refused(&used, &other);
    assert!(line.starts_with("another program uses "), "{line}");
    drop(client);
    succeeds(&other, &move_args(&used, &other));
}

#[test]
fn a_text_that_postgres_cannot_store_is_named() {
    let source = filled(Kind::Sqlite);
    source.run("UPDATE templates SET body = 'a' || char(0) || 'b' WHERE id = 2").unwrap();
    let target = TestDatabase::empty(Kind::Postgres);
    let line = refused(&source, &target);
    assert!(line.contains("the table templates has a text with the character U+0000"), "{line}");
    assert!(line.contains("row 2, column body"), "{line}");

    // The move continues when the text is corrected.
    source.run("UPDATE templates SET body = 'a' WHERE id = 2").unwrap();
    succeeds(&target, &move_args(&source, &target));
    assert_eq!(target.count("templates", "id = 2 AND body = 'a'"), 1);
}
