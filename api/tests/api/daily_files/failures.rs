//! A daily file is imported completely or not at all: after any failure the previous file stays current and the next
//! import works.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use reqwest::Body;
use serde_json::json;
use shared::ErrorCode;
use tokio::sync::mpsc;

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    command::{ServerProcess, run_command, sms_chat},
    daily_files::customers,
    database::{TestDatabase, sql_timestamp},
    eventually,
    fixtures::{COLLECTIONS, SAM},
    on_both_databases,
};

on_both_databases![
    a_lost_connection_changes_nothing,
    a_second_import_at_the_same_time_is_refused,
    the_number_of_simultaneous_imports_is_limited,
    an_endless_line_is_refused_early,
    a_file_over_the_limit_is_refused_before_it_is_sent,
    a_database_failure_during_an_import_changes_nothing,
    an_abandoned_import_is_deleted,
    a_current_file_is_not_abandoned_while_names_are_refreshed,
    an_interrupted_refresh_of_conversations_is_finished,
];

type Chunk = Result<String, std::io::Error>;

/// A request body whose chunks the test sends; it ends when the sender is dropped.
fn streamed_body() -> (mpsc::Sender<Chunk>, Body) {
    let (sender, receiver) = mpsc::channel::<Chunk>(1);
    let chunks =
        stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|chunk| (chunk, receiver)));
    (sender, Body::wrap_stream(chunks))
}

/// Waits until nothing is stored of a failed import.
async fn wait_until_nothing_is_left(app: &TestApp) {
    eventually("the import is deleted", async || {
        let left = app.database.count("daily_files", "state <> 'ready'");
        (left == 0 && app.database.count("customers", "daily_file_id > 2") == 0).then_some(())
    })
    .await;
}

async fn a_lost_connection_changes_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = sam.daily_files().await;
    let (sender, body) = streamed_body();
    let sending = tokio::spawn(sam.import_request("", body).send());
    sender.send(Ok(customers(5000))).await.unwrap();
    eventually("the file is being imported", async || {
        (app.database.count("daily_files", "state = 'staged'") == 1).then_some(())
    })
    .await;
    sender.send(Err(std::io::Error::other("the cable is pulled"))).await.unwrap();
    assert!(sending.await.unwrap().is_err());
    wait_until_nothing_is_left(&app).await;
    assert_eq!(sam.daily_files().await, before);
    sam.import(customers(5)).await.expect(201);
}

async fn a_second_import_at_the_same_time_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let replica = app.replica(|_| {});
    let (sender, body) = streamed_body();
    let sending = tokio::spawn(sam.import_request("?confirm=true", body).send());
    sender.send(Ok(customers(3))).await.unwrap();
    eventually("the file is being imported", async || {
        (app.database.count("daily_files", "state = 'staged'") == 1).then_some(())
    })
    .await;
    let second = sam.import(customers(4)).await;
    assert_eq!(second.header("retry-after"), Some("5"));
    second.problem(ErrorCode::RequestInProgress);
    // Another server refuses it too; another team's import is accepted.
    replica.signed_in(SAM).await.import(customers(4)).await.problem(ErrorCode::RequestInProgress);
    let support_upload =
        sam.request(reqwest::Method::POST, "/teams/2/daily_files").header("Content-Type", "text/csv");
    ApiResponse::to(support_upload.body(customers(2))).await.expect(201);
    drop(sender);
    assert_eq!(sending.await.unwrap().unwrap().status(), 201);
    assert_eq!(sam.daily_files().await[0]["accepted"], 3);
    assert_eq!(sam.import(customers(4)).await.expect(201)["accepted"], 4);
}

async fn the_number_of_simultaneous_imports_is_limited(app: TestApp) {
    let admin = app.signed_in(crate::support::fixtures::ADMIN).await;
    let mut teams = vec![1, 2, 3];
    for name in ["Fourth", "Fifth"] {
        let team = json!({"name": name, "region": "GB", "time_zone": "Europe/London"});
        teams.push(admin.post("/teams", team).await.expect(201)["id"].as_i64().unwrap());
    }
    let upload = |team: i64, body: Body| {
        let path = format!("/teams/{team}/daily_files?confirm=true");
        admin.request(reqwest::Method::POST, &path).header("Content-Type", "text/csv").body(body)
    };
    let mut uploads = Vec::new();
    for team in teams.iter().take(4) {
        let (sender, body) = streamed_body();
        let sending = tokio::spawn(upload(*team, body).send());
        sender.send(Ok(customers(3))).await.unwrap();
        uploads.push((sender, sending));
    }
    eventually("four files are being imported", async || {
        (app.database.count("daily_files", "state = 'staged'") == 4).then_some(())
    })
    .await;
    let fifth = ApiResponse::to(upload(teams[4], Body::from(customers(3)))).await;
    assert_eq!(fifth.header("retry-after"), Some("30"));
    fifth.problem(ErrorCode::Busy);
    for (sender, sending) in uploads {
        drop(sender);
        assert_eq!(sending.await.unwrap().unwrap().status(), 201);
    }
    ApiResponse::to(upload(teams[4], Body::from(customers(3)))).await.expect(201);
}

/// A body with a beginning and this many mebibytes after it, and the number of mebibytes sent so far.
fn endless_body(beginning: &str, mebibytes: usize) -> (Body, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let chunk = "x".repeat(1024 * 1024);
    let beginning = stream::iter([Chunk::Ok(beginning.to_owned())]);
    let rest = stream::iter(0..mebibytes).map(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Chunk::Ok(chunk.clone())
    });
    (Body::wrap_stream(beginning.chain(rest)), sent)
}

async fn an_endless_line_is_refused_early(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (beginning, line) in [
        ("ref,name,number\nA-1,Jo,07700900123\nA-2,", "line 3"),
        ("ref,name,number\nA-1,\"", "line 2"),
        ("ref,name,", "line 1"),
    ] {
        let (body, sent) = endless_body(beginning, 1024);
        let response = sam.import(body).await;
        assert_eq!(response.fault(ErrorCode::InvalidFile), (line.to_owned(), "row_too_long".to_owned()));
        assert!(sent.load(Ordering::Relaxed) < 64, "{line}: after {sent:?} of 1024 MiB");
    }
    wait_until_nothing_is_left(&app).await;
}

async fn a_file_over_the_limit_is_refused_before_it_is_sent(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let (body, sent) = endless_body("ref,name,number\n", 600);
    let announced = sam.import_request("", body).header("Content-Length", 600 * 1024 * 1024);
    ApiResponse::to(announced).await.problem(ErrorCode::BodyTooLarge);
    assert!(sent.load(Ordering::Relaxed) < 600, "{sent:?} of 600 MiB");
}

/// Makes the database fail at the 3,000th row, or repairs it.
fn set_database_failure(app: &TestApp, fails: bool) {
    let sql = match (app.database.kind, fails) {
        (Kind::Sqlite, true) => {
            "CREATE TRIGGER full BEFORE INSERT ON customers WHEN new.line = 3000
             BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
        }
        (Kind::Sqlite, false) => "DROP TRIGGER full",
        (Kind::Postgres, true) => {
            "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON customers
             FOR EACH ROW WHEN (new.line = 3000) EXECUTE FUNCTION fill()"
        }
        (Kind::Postgres, false) => "DROP TRIGGER full_disk ON customers",
    };
    app.database.run(sql).unwrap();
}

async fn a_database_failure_during_an_import_changes_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = sam.daily_files().await;
    set_database_failure(&app, true);
    sam.import(customers(5000)).await.problem(ErrorCode::StorageFull);
    assert_eq!(sam.daily_files().await, before);
    wait_until_nothing_is_left(&app).await;
    set_database_failure(&app, false);
    sam.import(customers(5000)).await.expect(201);
}

async fn an_abandoned_import_is_deleted(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let until = sql_timestamp(app.database.kind, app.clock.now() + chrono::TimeDelta::seconds(10));
    app.database
        .run(&format!(
            "INSERT INTO daily_files (team_id, file_date, key_data_columns, is_current, created_at, state, held_until)
             SELECT team_id, file_date, '[]', is_current, created_at, 'staged', {until} FROM daily_files WHERE id = 1;
             INSERT INTO customers (daily_file_id, number, line, ref, name, key_data)
             SELECT 3, number, line, ref, name, key_data FROM customers WHERE daily_file_id = 2;"
        ))
        .unwrap();
    sam.import(customers(5)).await.problem(ErrorCode::RequestInProgress);
    assert_eq!(sam.daily_files().await.len(), 2, "the import is not listed");
    sam.restore(3).await.problem(ErrorCode::NotFound);
    app.advance(chrono::TimeDelta::seconds(11));
    sam.import(customers(5)).await.expect(201);
    eventually("the import is deleted", async || {
        (app.database.count("customers", "daily_file_id = 3") == 0).then_some(())
    })
    .await;
}

async fn a_current_file_is_not_abandoned_while_names_are_refreshed(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..300 {
        app.inbound(&format!("+44780000{n:04}"), "Hello").await;
    }
    let sending = tokio::spawn(sam.import_request("?confirm=true", customers(300)).send());
    eventually("the file is current", async || {
        (app.database.count("daily_files", "id = 3 AND state = 'ready'") == 1).then_some(())
    })
    .await;
    // An import that still held its claim would now lose it.
    app.clock.advance(TimeDelta::seconds(6));
    assert_eq!(sending.await.unwrap().unwrap().status(), 201);
}

async fn an_interrupted_refresh_of_conversations_is_finished(app: TestApp) {
    let conversation = app.inbound(crate::support::fixtures::MARIA, "Hello").await;
    let due = "UPDATE customers SET name = 'Maria Smith' WHERE ref = 'A-10021';
               UPDATE daily_files SET refreshed = (SELECT NOT is_current FROM daily_files WHERE id = 2) WHERE id = 2;";
    app.database.run(due).unwrap();
    // As when a server starts again.
    let _replica = app.replica(|_| {});
    let sam = app.signed_in(SAM).await;
    eventually("the conversation has the new name", async || {
        (sam.conversation(conversation).await["name"] == "Maria Smith").then_some(())
    })
    .await;
    eventually("the refresh is recorded", async || {
        (app.database.count("daily_files", "id = 2 AND refreshed = is_current") == 1).then_some(())
    })
    .await;
}

fn start_server(database: &TestDatabase) -> ServerProcess {
    ServerProcess::start(sms_chat(&database.url, &["serve", "--gateway", "simulator"]))
}

async fn admin(server: &ServerProcess) -> Client {
    let anonymous = Client::of(&server.url);
    let admin = json!({"email": "admin@example.com", "password": "sms-chat-demo"});
    let session = anonymous.post("/sessions", admin).await.expect(201);
    anonymous.with_token(session["access_token"].as_str().unwrap())
}

fn a_killed_server_keeps_the_previous_file(kind: Kind) {
    let database = TestDatabase::empty(kind);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let server = start_server(&database);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stored = || database.count("customers", "daily_file_id = (SELECT max(id) FROM daily_files)");
    let (before, current) = runtime.block_on(async {
        let admin = admin(&server).await;
        let (before, current) = (admin.daily_files().await, admin.current_file().await);
        tokio::spawn(admin.import_request("", customers(150_000)).send());
        eventually("rows are being stored", async || {
            let staged = database.count("daily_files", "state = 'staged'") == 1;
            (staged && stored() > 0).then_some(())
        })
        .await;
        (before, current)
    });
    server.kill();
    assert!(stored() < 150_000, "it was killed during the import");
    assert_eq!(database.count("daily_files", "state = 'staged'"), 1);
    if kind == Kind::Postgres {
        // Another replica could be working on it, so the claim has to expire.
        let past = sql_timestamp(kind, api::clock::Clock::System.now());
        database.run(&format!("UPDATE daily_files SET held_until = {past} WHERE state = 'staged'")).unwrap();
    }
    let server = start_server(&database);
    runtime.block_on(async {
        let admin = admin(&server).await;
        assert_eq!(admin.daily_files().await, before);
        assert_eq!(admin.current_file().await, current);
        eventually("the import is deleted", async || {
            (database.count("daily_files", "state <> 'ready'") == 0).then_some(())
        })
        .await;
        let imported = admin.import(customers(50)).await.expect(201);
        assert_eq!(
            (&imported["accepted"], &imported["id"]),
            (&json!(50), &json!(admin.current_file().await))
        );
        assert_eq!(database.count("daily_files", &format!("team_id = {COLLECTIONS}")), 2);
    });
}

#[test]
fn a_killed_server_keeps_the_previous_file_on_sqlite() {
    a_killed_server_keeps_the_previous_file(Kind::Sqlite);
}

#[test]
fn a_killed_server_keeps_the_previous_file_on_postgres() {
    a_killed_server_keeps_the_previous_file(Kind::Postgres);
}
