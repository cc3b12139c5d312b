//! A PostgreSQL database that is restarted, cannot be reached, only reads, or is too slow: requests are answered with 503
//! and `Retry-After`, readiness fails, and the server recovers by itself.

use futures_util::future::join_all;
use serde_json::json;
use shared::ErrorCode::{Busy, DatabaseUnavailable};

use crate::support::{
    ApiResponse, Client, Kind, TestApp, eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, FULL_KEY, STRANGER},
    gateway::{MESSAGES, message_form, signed},
    run,
    stream::Listener,
};

async fn readiness(app: &TestApp) -> (u16, String) {
    let ready = app.anonymous.get("//health/ready").await;
    let body: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    (ready.status, body["database"].as_str().unwrap().to_owned())
}

async fn is_ready_again(app: &TestApp) {
    eventually("the server is ready again", async || {
        (readiness(app).await == (200, "ok".to_owned())).then_some(())
    })
    .await;
}

fn assert_unavailable(response: ApiResponse) {
    assert_eq!(response.header("retry-after"), Some("5"));
    response.problem(DatabaseUnavailable);
}

#[test]
fn a_database_that_is_away_is_reported_and_nothing_is_lost_when_it_returns() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let ann = app.signed_in(ANN).await;
        let mut stream = Listener::to(&ann).await;
        app.database.close();
        for _ in 0..3 {
            assert_unavailable(ann.reply(conversation, "Refused").await);
        }
        let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "More");
        assert_unavailable(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await);
        assert_eq!(readiness(&app).await, (503, "unreachable".to_owned()));
        assert_eq!(app.anonymous.get("//health/live").await.status, 200);

        app.database.open();
        is_ready_again(&app).await;
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
        let message = ann.create_reply(conversation, "Hi").await;
        app.message_becomes(&ann, message, "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Hi"]);
        // The stream was open all the time.
        for kind in ["message_received", "message_queued"] {
            assert_eq!(stream.event().await.unwrap()["kind"], kind);
        }
    });
}

#[test]
fn after_a_restart_of_the_database_only_the_first_request_can_fail() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let program = app.anonymous.with_token(FULL_KEY);
        let read = async || program.get(&format!("/conversations/{conversation}")).await.status;
        for _ in 0..3 {
            // Opens every connection of the pool.
            assert_eq!(join_all((0..16).map(|_| read())).await, [200; 16]);
            app.database.end_connections();
            let first = read().await;
            assert!([200, 503].contains(&first), "{first}");
            for _ in 0..8 {
                assert_eq!(read().await, 200);
            }
        }
    });
}

#[test]
fn a_database_that_only_reads_is_reported_until_it_writes() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let ann = app.signed_in(ANN).await;
        // As on a standby.
        app.database.alter("SET default_transaction_read_only = on");
        app.database.end_connections();
        for _ in 0..3 {
            assert_unavailable(ann.reply(conversation, "Refused").await);
        }
        assert_eq!(readiness(&app).await, (503, "unreachable".to_owned()));
        assert_eq!(ann.messages(conversation).await.len(), 1, "reading works");
        app.database.alter("RESET default_transaction_read_only");
        // The connections from before the failover are not used any more.
        is_ready_again(&app).await;
        for n in 0..8 {
            ann.create_reply(conversation, &n.to_string()).await;
        }
    });
}

#[test]
fn a_statement_that_waits_too_long_for_a_lock_is_answered_as_busy() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        // Not `statement_timeout`, which would also end a slow statement of the replica's start.
        let limited = format!("{}?options=-c%20lock_timeout%3D300", app.database.url);
        let replica = app.replica(|args| args.database_url = Some(limited));
        let program = replica.anonymous.with_token(FULL_KEY);
        let lock = app.database.lock(conversation);
        let refused = program.reply(conversation, "Refused").await;
        assert_eq!(refused.header("retry-after"), Some("1"));
        refused.problem(Busy);
        drop(lock);
        program.create_reply(conversation, "Hi").await;
        assert_eq!(app.database.count("messages", "body = 'Refused'"), 0);
    });
}

#[test]
fn requests_that_get_no_connection_in_time_are_answered_as_busy() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let replica = app.replica(|args| args.database_connections = Some("1".to_owned()));
        let program: Client = replica.anonymous.with_token(FULL_KEY);
        program.get("/me").await.expect(200);
        let lock = app.database.lock(conversation);
        let waiting = tokio::spawn({
            let program = program.clone();
            async move { program.reply(conversation, "Hi").await }
        });
        eventually("the reply waits", async || app.database.has_waiting_request().then_some(())).await;
        let path = format!("/conversations/{conversation}");
        let (refused, ready) = tokio::join!(program.get(&path), program.get("//health/ready"));
        assert_eq!(refused.header("retry-after"), Some("1"));
        refused.problem(Busy);
        assert_eq!(ready.expect(503)["database"], json!("busy"));
        drop(lock);
        waiting.await.unwrap().expect(201);
    });
}
