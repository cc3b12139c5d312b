//! `sms-chat backup` makes complete copies while the server writes, and never replaces a file.

use std::{os::unix::fs::PermissionsExt, path::Path};

use api::db::backup;
use serde_json::json;

use super::filled::{contents, fails, filled, succeeds};
use crate::support::{
    Kind, TestApp,
    command::{run_command, sms_chat},
    database::TestDatabase,
    fixtures::{ANN, stranger},
    run,
};

#[test]
fn a_restored_backup_has_the_content_of_the_database() {
    let database = filled(Kind::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("of 100 % #1?.db");
    let out = succeeds(&database, &["backup", file.to_str().unwrap()]);
    assert!(out.contains("a complete copy of sqlite://"), "{out}");
    assert!(out.contains("Integrity and references: checked, no problem."), "{out}");
    assert!(out.contains(", current."), "{out}");
    let messages = database.count("messages", "1 = 1");
    let line = out.lines().find(|line| line.trim_start().starts_with("messages ")).unwrap();
    assert!(line.ends_with(&format!(" {messages} rows")), "{line}");
    assert_eq!(files(folder.path()), ["of 100 % #1?.db"], "no temporary file remains");
    assert_eq!(mode(&file), 0o600, "only the owner can read it");

    let restored = TestDatabase::empty(Kind::Sqlite);
    let out = succeeds(&restored, &["restore", file.to_str().unwrap()]);
    assert!(out.contains("restored from "), "{out}");
    assert_eq!(mode(&restored.file()), 0o600);
    assert_eq!(contents(&restored), contents(&database));
    let schema = "SELECT type || name || coalesce(sql, '') AS value FROM sqlite_schema ORDER BY 1";
    assert_eq!(restored.strings(schema), database.strings(schema));
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_backup_is_complete_while_messages_arrive() {
    run(Kind::Sqlite, async |app: TestApp| {
        let ann = app.signed_in(ANN).await;
        let mut conversations = Vec::new();
        for n in 0..4 {
            conversations.push(app.inbound(&stranger(n), "Hello").await);
        }
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut writers = tokio::task::JoinSet::new();
        for conversation in conversations {
            let (ann, stopped) = (ann.clone(), stopped.clone());
            writers.spawn(async move {
                let mut written = 0;
                while !*stopped.borrow() {
                    ann.post(&format!("/conversations/{conversation}/notes"), json!({"body": "A note"}))
                        .await
                        .expect(201);
                    written += 1;
                }
                written
            });
        }
        let folder = tempfile::tempdir().unwrap();
        let mut earlier = 0;
        for n in 0..4 {
            let confirmed = app.database.count("messages", "1 = 1");
            let file = folder.path().join(format!("{n}.db"));
            let (database, copy) = (app.database.file(), file.clone());
            let verified = tokio::task::spawn_blocking(move || backup::back_up(&database, &copy))
                .await
                .unwrap()
                .unwrap();
            let in_copy = verified.tables.iter().find(|(name, _)| *name == "messages").unwrap().1;
            let in_copy = i64::try_from(in_copy).unwrap();
            assert!(in_copy >= confirmed, "{in_copy} of {confirmed}");
            assert!(in_copy <= app.database.count("messages", "1 = 1"));
            assert!(in_copy >= earlier);
            earlier = in_copy;
        }
        stop.send(true).unwrap();
        let mut written: i64 = 0;
        while let Some(done) = writers.join_next().await {
            written += done.unwrap();
        }
        assert!(written > 4, "requests succeeded meanwhile: {written}");
    });
}

#[test]
fn a_backup_does_not_replace_a_file() {
    let database = filled(Kind::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "not to be lost").unwrap();
    let line = fails(&database, &["backup", file.to_str().unwrap()]);
    assert!(line.ends_with("exists already; choose another name for the backup"), "{line}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not to be lost");

    let missing = folder.path().join("nowhere/a.db");
    let line = fails(&database, &["backup", missing.to_str().unwrap()]);
    assert!(line.contains("cannot be written"), "{line}");
    let line =
        fails(&TestDatabase::empty(Kind::Sqlite), &["backup", folder.path().join("b.db").to_str().unwrap()]);
    assert!(line.contains("does not exist; check SMS_CHAT_DATABASE_URL"), "{line}");
    assert_eq!(files(folder.path()), ["notes.txt"]);
}

#[test]
fn a_damaged_database_yields_no_backup() {
    let database = filled(Kind::Sqlite);
    database
        .run("PRAGMA foreign_keys = OFF; INSERT INTO team_members (team_id, account_id) VALUES (99, 1)")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let line = fails(&database, &["backup", folder.path().join("a.db").to_str().unwrap()]);
    assert!(
        line.ends_with("is damaged: 1 rows of the table team_members refer to rows that do not exist"),
        "{line}"
    );
    assert!(files(folder.path()).is_empty());
}

#[test]
fn the_target_of_an_unfinished_move_yields_no_backup() {
    let database = filled(Kind::Sqlite);
    database.run("CREATE TABLE unfinished_move (source TEXT NOT NULL)").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let line = fails(&database, &["backup", folder.path().join("a.db").to_str().unwrap()]);
    assert!(line.ends_with("is the target of an unfinished move, so it is incomplete"), "{line}");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn on_postgres_the_commands_name_its_own_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dump");
    let file = file.to_str().unwrap();
    let command =
        |args: &[&str]| run_command(sms_chat("postgres://desk:secret-word@db.example.com/desk", args), "");
    let output = command(&["backup", file]);
    assert_eq!((output.code, output.out.as_str()), (1, ""));
    let line = format!("pg_dump --format=custom --file='{file}' 'postgres://desk@db.example.com/desk'");
    assert!(output.err.contains(&line), "{}", output.err);
    let output = command(&["restore", file]);
    assert_eq!(output.code, 1);
    let line = format!("--dbname='postgres://desk@db.example.com/desk' '{file}'");
    assert!(output.err.contains("pg_restore ") && output.err.contains(&line), "{}", output.err);

    let newest = ["backup", "--newest", folder.path().to_str().unwrap(), "--max-age", "1"];
    let output = command(&newest);
    assert!(output.code == 1 && output.err.contains("there is no backup in "), "{}", output.err);
    std::fs::write(file, "a dump").unwrap();
    let output = command(&newest);
    assert!(output.code == 0 && output.out.contains("a.dump is 0 hours old"), "{}{}", output.out, output.err);
}
