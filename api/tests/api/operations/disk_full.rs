//! A full disk: writes are answered with 503 and `Retry-After`, readiness fails, and the server recovers by itself once
//! there is space.

use std::{os::unix::process::CommandExt, process::Command};

use serde_json::json;
use shared::ErrorCode::StorageFull;

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, MESSAGES, message_form, sid, signed},
    on_both_databases,
};

on_both_databases![writes_get_503_and_readiness_fails_until_there_is_space,];

/// Makes every write to these tables fail with the databases' own message for a full disk.
fn fill_disk(app: &TestApp) {
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

fn free_space(app: &TestApp) {
    for table in ["messages", "conversations", "storage_probe"] {
        let drop = match app.database.kind {
            Kind::Sqlite => format!("DROP TRIGGER full_{table}"),
            Kind::Postgres => format!("DROP TRIGGER full_{table} ON {table}"),
        };
        app.database.run(&drop).unwrap();
    }
}

async fn writes_get_503_and_readiness_fails_until_there_is_space(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    fill_disk(&app);
    let refused = ann.reply(conversation, "Hi").await;
    assert_eq!(refused.header("retry-after"), Some("60"));
    refused.problem(StorageFull);
    let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "More");
    let webhook = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
    assert_eq!(webhook.header("retry-after"), Some("60"));
    webhook.problem(StorageFull);
    let ready = app.anonymous.get("//health/ready").await.expect(503);
    assert_eq!((&ready["status"], &ready["database"]), (&json!("not ready"), &json!("full")));
    // Reads still work.
    assert_eq!(ann.messages(conversation).await.len(), 1);
    ann.get("/queue").await.expect(200);

    free_space(&app);
    assert_eq!(app.anonymous.get("//health/ready").await.expect(200)["database"], "ok");
    assert_eq!(app.database.count("storage_probe", "1 = 1"), 0, "the probe leaves no row");
    ann.create_reply(conversation, "Hi").await;
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    assert_eq!(app.database.count("messages", "body = 'More'"), 1);
}

async fn deliver_message(server: &Client, n: usize, body: &str) -> ApiResponse {
    let form = message_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, body);
    ApiResponse::to(signed(server, MESSAGES, &form)).await
}

/// Limits the size of files that a process can write, which simulates a full disk without root on any machine.
fn limit_files_of(process: u32, bytes: &str) {
    let set =
        Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(set.expect("prlimit, of util-linux").success());
}

#[test]
fn a_full_disk_loses_no_confirmed_message_and_needs_no_restart() {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    // The shell ignores SIGXFSZ, which a process gets at the limit, and its child inherits that: writes fail instead.
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
    let server = ServerProcess::start(command);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let anonymous = Client::of(&server.url);
        assert_eq!(deliver_message(&anonymous, 1, "Before").await.status, 200);
        limit_files_of(server.id(), "4096");
        let mut confirmed = vec!["Before".to_owned()];
        // Many at once, so that several share a commit.
        let deliveries = (10..40).map(|n| {
            let anonymous = anonymous.clone();
            tokio::spawn(
                async move { (n, deliver_message(&anonymous, n, &format!("Text {n}")).await.status) },
            )
        });
        let deliveries: Vec<_> = deliveries.collect();
        let mut refused = 0;
        for one in deliveries {
            match one.await.unwrap() {
                (n, 200) => confirmed.push(format!("Text {n}")),
                (_, status) => {
                    assert_eq!(status, 503);
                    refused += 1;
                }
            }
        }
        assert!(refused > 0);
        assert_eq!(anonymous.get("//health/ready").await.expect(503)["database"], "full");
        limit_files_of(server.id(), "unlimited");
        eventually("the server is ready again", async || {
            (anonymous.get("//health/ready").await.status == 200).then_some(())
        })
        .await;
        assert_eq!(deliver_message(&anonymous, 99, "After").await.status, 200);
        confirmed.push("After".to_owned());
        let mut stored =
            database.strings("SELECT body AS value FROM messages WHERE gateway_id LIKE 'SM0000%'");
        stored.sort();
        confirmed.sort();
        assert_eq!(stored, confirmed, "exactly the messages that were answered with 200");
    });
    server.kill();
}
