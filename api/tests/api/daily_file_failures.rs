//! A daily file comes in whole or not at all: whatever happens on the way, the one before stays current and can be
//! followed by the next.

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
    Answer, Client, Kind, TestApp,
    command::{Served, said, sms_chat},
    daily_files::customers,
    database::{TestDatabase, moment},
    eventually,
    fixtures::{COLLECTIONS, SAM},
    on_both_databases,
};

on_both_databases![
    a_lost_connection_changes_nothing,
    a_second_file_at_the_same_time_is_refused,
    only_so_many_files_are_taken_in_at_once,
    a_line_without_end_is_refused_early,
    more_than_the_limit_is_refused_before_it_is_sent,
    a_fault_in_the_middle_changes_nothing,
    what_nobody_brings_in_any_more_is_given_up,
    a_file_that_is_current_is_not_given_up_while_names_are_refreshed,
    conversations_are_refreshed_when_that_did_not_get_to_its_end,
];

type Chunk = Result<String, std::io::Error>;

/// A body that is sent as the test says; it ends when the sender is dropped.
fn spoken() -> (mpsc::Sender<Chunk>, Body) {
    let (say, said) = mpsc::channel::<Chunk>(1);
    let chunks = stream::unfold(said, async |mut said| said.recv().await.map(|chunk| (chunk, said)));
    (say, Body::wrap_stream(chunks))
}

/// Waits until nothing is left of a file that did not come in.
async fn nothing_is_left(app: &TestApp) {
    eventually("nothing is left", async || {
        let left = app.database.count("daily_files", "state <> 'ready'");
        (left == 0 && app.database.count("customers", "daily_file_id > 2") == 0).then_some(())
    })
    .await;
}

async fn a_lost_connection_changes_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = sam.daily_files().await;
    let (say, body) = spoken();
    let sending = tokio::spawn(sam.importing("", body).send());
    say.send(Ok(customers(5000))).await.unwrap();
    eventually("the file comes in", async || {
        (app.database.count("daily_files", "state = 'staged'") == 1).then_some(())
    })
    .await;
    say.send(Err(std::io::Error::other("the cable is pulled"))).await.unwrap();
    assert!(sending.await.unwrap().is_err());
    nothing_is_left(&app).await;
    assert_eq!(sam.daily_files().await, before);
    sam.import(customers(5)).await.expect(201);
}

async fn a_second_file_at_the_same_time_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let replica = app.replica(|_| {});
    let (say, body) = spoken();
    let sending = tokio::spawn(sam.importing("?confirm=true", body).send());
    say.send(Ok(customers(3))).await.unwrap();
    eventually("the file comes in", async || {
        (app.database.count("daily_files", "state = 'staged'") == 1).then_some(())
    })
    .await;
    let second = sam.import(customers(4)).await;
    assert_eq!(second.header("retry-after"), Some("5"));
    second.problem(ErrorCode::RequestInProgress);
    // Also at another desk, and not for another team.
    replica.signed_in(SAM).await.import(customers(4)).await.problem(ErrorCode::RequestInProgress);
    let of_support =
        sam.request(reqwest::Method::POST, "/teams/2/daily_files").header("Content-Type", "text/csv");
    Answer::to(of_support.body(customers(2))).await.expect(201);
    drop(say);
    assert_eq!(sending.await.unwrap().unwrap().status(), 201);
    assert_eq!(sam.daily_files().await[0]["accepted"], 3);
    assert_eq!(sam.import(customers(4)).await.expect(201)["accepted"], 4);
}

async fn only_so_many_files_are_taken_in_at_once(app: TestApp) {
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
    let mut under_way = Vec::new();
    for team in teams.iter().take(4) {
        let (say, body) = spoken();
        let sending = tokio::spawn(upload(*team, body).send());
        say.send(Ok(customers(3))).await.unwrap();
        under_way.push((say, sending));
    }
    eventually("four files come in", async || {
        (app.database.count("daily_files", "state = 'staged'") == 4).then_some(())
    })
    .await;
    let fifth = Answer::to(upload(teams[4], Body::from(customers(3)))).await;
    assert_eq!(fifth.header("retry-after"), Some("30"));
    fifth.problem(ErrorCode::Busy);
    for (say, sending) in under_way {
        drop(say);
        assert_eq!(sending.await.unwrap().unwrap().status(), 201);
    }
    Answer::to(upload(teams[4], Body::from(customers(3)))).await.expect(201);
}

/// A body of this many mebibytes after a beginning, and how many of them have been sent.
fn endless(beginning: &str, mebibytes: usize) -> (Body, Arc<AtomicUsize>) {
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

async fn a_line_without_end_is_refused_early(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (beginning, line) in [
        ("ref,name,number\nA-1,Jo,07700900123\nA-2,", "line 3"),
        ("ref,name,number\nA-1,\"", "line 2"),
        ("ref,name,", "line 1"),
    ] {
        let (body, sent) = endless(beginning, 1024);
        let answer = sam.import(body).await;
        assert_eq!(answer.fault(ErrorCode::InvalidFile), (line.to_owned(), "row_too_long".to_owned()));
        assert!(sent.load(Ordering::Relaxed) < 64, "{line}: after {sent:?} of 1024 MiB");
    }
    nothing_is_left(&app).await;
}

async fn more_than_the_limit_is_refused_before_it_is_sent(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let (body, sent) = endless("ref,name,number\n", 600);
    let announced = sam.importing("", body).header("Content-Length", 600 * 1024 * 1024);
    Answer::to(announced).await.problem(ErrorCode::BodyTooLarge);
    assert!(sent.load(Ordering::Relaxed) < 64, "{sent:?} of 600 MiB");
}

/// Lets the database fail at the 3,000th row.
fn break_down(app: &TestApp, breaks: bool) {
    let sql = match (app.database.kind, breaks) {
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

async fn a_fault_in_the_middle_changes_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = sam.daily_files().await;
    break_down(&app, true);
    sam.import(customers(5000)).await.problem(ErrorCode::StorageFull);
    assert_eq!(sam.daily_files().await, before);
    nothing_is_left(&app).await;
    break_down(&app, false);
    sam.import(customers(5000)).await.expect(201);
}

async fn what_nobody_brings_in_any_more_is_given_up(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let until = moment(app.database.kind, app.clock.now() + chrono::TimeDelta::seconds(10));
    app.database
        .run(&format!(
            "INSERT INTO daily_files (team_id, file_date, key_data_columns, is_current, created_at, state, held_until)
             SELECT team_id, file_date, '[]', is_current, created_at, 'staged', {until} FROM daily_files WHERE id = 1;
             INSERT INTO customers (daily_file_id, number, line, ref, name, key_data)
             SELECT 3, number, line, ref, name, key_data FROM customers WHERE daily_file_id = 2;"
        ))
        .unwrap();
    sam.import(customers(5)).await.problem(ErrorCode::RequestInProgress);
    assert_eq!(sam.daily_files().await.len(), 2, "it is in no list");
    sam.restore(3).await.problem(ErrorCode::NotFound);
    app.advance(chrono::TimeDelta::seconds(11));
    sam.import(customers(5)).await.expect(201);
    eventually("it is gone", async || {
        (app.database.count("customers", "daily_file_id = 3") == 0).then_some(())
    })
    .await;
}

async fn a_file_that_is_current_is_not_given_up_while_names_are_refreshed(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..300 {
        app.text(&format!("+44780000{n:04}"), "Hello").await;
    }
    let sending = tokio::spawn(sam.importing("?confirm=true", customers(300)).send());
    eventually("the file is current", async || {
        (app.database.count("daily_files", "id = 3 AND state = 'ready'") == 1).then_some(())
    })
    .await;
    // Whoever still held the file would be told that it is gone.
    app.clock.advance(TimeDelta::seconds(6));
    assert_eq!(sending.await.unwrap().unwrap().status(), 201);
}

async fn conversations_are_refreshed_when_that_did_not_get_to_its_end(app: TestApp) {
    let conversation = app.text(crate::support::fixtures::MARIA, "Hello").await;
    let due = "UPDATE customers SET name = 'Maria Smith' WHERE ref = 'A-10021';
               UPDATE daily_files SET refreshed = (SELECT NOT is_current FROM daily_files WHERE id = 2) WHERE id = 2;";
    app.database.run(due).unwrap();
    // As a desk does that starts again.
    let _replica = app.replica(|_| {});
    let sam = app.signed_in(SAM).await;
    eventually("the name is the new one", async || {
        (sam.conversation(conversation).await["name"] == "Maria Smith").then_some(())
    })
    .await;
    eventually("that is noted", async || {
        (app.database.count("daily_files", "id = 2 AND refreshed = is_current") == 1).then_some(())
    })
    .await;
}

fn serve(database: &TestDatabase) -> Served {
    Served::start(sms_chat(&database.url, &["serve", "--gateway", "simulator"]))
}

async fn admin(desk: &Served) -> Client {
    let nobody = Client::of(&desk.url);
    let admin = json!({"email": "admin@example.com", "password": "sms-chat-demo"});
    let session = nobody.post("/sessions", admin).await.expect(201);
    nobody.with_token(session["access_token"].as_str().unwrap())
}

fn a_desk_that_is_killed_in_the_middle_keeps_the_file_before(kind: Kind) {
    let database = TestDatabase::empty(kind);
    assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
    let desk = serve(&database);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stored = || database.count("customers", "daily_file_id = (SELECT max(id) FROM daily_files)");
    let (before, file) = runtime.block_on(async {
        let admin = admin(&desk).await;
        let (before, file) = (admin.daily_files().await, admin.current_file().await);
        tokio::spawn(admin.importing("", customers(150_000)).send());
        eventually("rows are being stored", async || {
            let staged = database.count("daily_files", "state = 'staged'") == 1;
            (staged && stored() > 0).then_some(())
        })
        .await;
        (before, file)
    });
    desk.kill();
    assert!(stored() < 150_000, "it was killed in the middle");
    assert_eq!(database.count("daily_files", "state = 'staged'"), 1);
    if kind == Kind::Postgres {
        // Another replica could be at it, so the claim has to run out.
        let past = moment(kind, api::clock::Clock::System.now());
        database.run(&format!("UPDATE daily_files SET held_until = {past} WHERE state = 'staged'")).unwrap();
    }
    let desk = serve(&database);
    runtime.block_on(async {
        let admin = admin(&desk).await;
        assert_eq!(admin.daily_files().await, before);
        assert_eq!(admin.current_file().await, file);
        eventually("nothing is left of it", async || {
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
fn a_desk_that_is_killed_in_the_middle_keeps_the_file_before_on_sqlite() {
    a_desk_that_is_killed_in_the_middle_keeps_the_file_before(Kind::Sqlite);
}

#[test]
fn a_desk_that_is_killed_in_the_middle_keeps_the_file_before_on_postgres() {
    a_desk_that_is_killed_in_the_middle_keeps_the_file_before(Kind::Postgres);
}
