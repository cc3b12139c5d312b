//! The disk of the database is full: what cannot be saved answers 503 with `Retry-After`, readiness is red, and the server
//! goes on by itself once there is room.

use std::{os::unix::process::CommandExt, process::Command};

use serde_json::json;
use shared::ErrorCode::StorageFull;

use crate::support::{
    Answer, Client, Kind, TestApp,
    command::{Served, said, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, MESSAGES, sid, signed, text_form},
    on_both_databases,
};

on_both_databases![what_does_not_fit_answers_503_and_readiness_is_red_until_there_is_room,];

/// Makes every write to these tables fail as it does without room, with the databases' own words.
fn fill_up(app: &TestApp) {
    for table in ["messages", "conversations", "storage_probe"] {
        let sql = match app.database.kind {
            Kind::Sqlite => format!(
                "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            ),
            Kind::Postgres => format!(
                "CREATE OR REPLACE FUNCTION full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION USING ERRCODE = '53100',
                        MESSAGE = 'could not extend file \"base/1/1\": No space left on device';
                 END $$;
                 CREATE TRIGGER full_{table} BEFORE INSERT ON {table} EXECUTE FUNCTION full()"
            ),
        };
        app.database.run(&sql).unwrap();
    }
}

fn make_room(app: &TestApp) {
    for table in ["messages", "conversations", "storage_probe"] {
        let drop = match app.database.kind {
            Kind::Sqlite => format!("DROP TRIGGER full_{table}"),
            Kind::Postgres => format!("DROP TRIGGER full_{table} ON {table}"),
        };
        app.database.run(&drop).unwrap();
    }
}

async fn what_does_not_fit_answers_503_and_readiness_is_red_until_there_is_room(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    fill_up(&app);
    let refused = ann.reply(conversation, "Hi").await;
    assert_eq!(refused.header("retry-after"), Some("60"));
    refused.problem(StorageFull);
    let form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "More");
    let webhook = Answer::to(signed(&app.nobody, MESSAGES, &form)).await;
    assert_eq!(webhook.header("retry-after"), Some("60"));
    webhook.problem(StorageFull);
    let ready = app.nobody.get("//health/ready").await.expect(503);
    assert_eq!((&ready["status"], &ready["database"]), (&json!("not ready"), &json!("full")));
    // Reading goes on.
    assert_eq!(ann.messages(conversation).await.len(), 1);
    ann.get("/queue").await.expect(200);

    make_room(&app);
    assert_eq!(app.nobody.get("//health/ready").await.expect(200)["database"], "ok");
    assert_eq!(app.database.count("storage_probe", "1 = 1"), 0, "the probe leaves nothing");
    ann.replies(conversation, "Hi").await;
    assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
    assert_eq!(app.database.count("messages", "body = 'More'"), 1);
}

async fn write(desk: &Client, n: usize, body: &str) -> Answer {
    let form = text_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, body);
    Answer::to(signed(desk, MESSAGES, &form)).await
}

/// Sets how large the files may become that a process writes: a disk of its own that is full, for every user and machine.
fn limit_files_of(process: u32, bytes: &str) {
    let set =
        Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(set.expect("prlimit, of util-linux").success());
}

#[test]
fn a_full_disk_loses_nothing_that_was_answered_and_needs_no_restart() {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
    // The shell ignores the signal that a process gets at the limit, and so does what it starts: writing fails instead.
    let program = sms_chat(&database.url, &["serve", "--gateway", "simulator"]);
    let mut command = Command::new("sh");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN).arg0("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args());
    let desk = Served::start(command);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let nobody = Client::of(&desk.url);
        assert_eq!(write(&nobody, 1, "Before").await.status, 200);
        limit_files_of(desk.id(), "4096");
        let mut kept = vec!["Before".to_owned()];
        // Many at once, so that they share a commit.
        let many = (10..40).map(|n| {
            let nobody = nobody.clone();
            tokio::spawn(async move { (n, write(&nobody, n, &format!("Text {n}")).await.status) })
        });
        let many: Vec<_> = many.collect();
        let mut refused = 0;
        for one in many {
            match one.await.unwrap() {
                (n, 200) => kept.push(format!("Text {n}")),
                (_, status) => {
                    assert_eq!(status, 503);
                    refused += 1;
                }
            }
        }
        assert!(refused > 0);
        assert_eq!(nobody.get("//health/ready").await.expect(503)["database"], "full");
        limit_files_of(desk.id(), "unlimited");
        eventually("the server is ready again", async || {
            (nobody.get("//health/ready").await.status == 200).then_some(())
        })
        .await;
        assert_eq!(write(&nobody, 99, "After").await.status, 200);
        kept.push("After".to_owned());
        let mut found = database.words("SELECT body AS value FROM messages WHERE gateway_id LIKE 'SM0000%'");
        found.sort();
        kept.sort();
        assert_eq!(found, kept, "what was answered with 200, and nothing else");
    });
    desk.kill();
}
