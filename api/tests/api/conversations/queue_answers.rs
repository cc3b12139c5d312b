//! The answers to `GET /queue`: made once after a change, and not sent again to a client that has them.

use std::time::Duration;

use reqwest::{Method, Response, header};
use serde_json::{Value, json};
use shared::ErrorCode::{NotFound, SessionExpired};
use tokio::time::timeout;

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, STRANGER, SUPPORT, SUPPORT_NUMBER, stranger,
    },
    gateway::{STATUS, form, signed},
    on_both_databases, statements,
    stream::Listener,
};

on_both_databases![
    an_unchanged_queue_costs_no_database_work,
    a_client_that_has_the_answer_receives_304_until_the_queue_changes,
    a_change_in_one_team_leaves_the_section_of_another_as_it_is,
    a_team_can_be_requested_alone,
    the_compressed_answer_is_the_same,
    members_of_the_same_teams_receive_the_same_answer,
    a_renamed_team_has_its_new_name_in_the_next_answer,
    those_who_receive_an_event_of_another_replica_see_the_change,
    an_account_that_another_replica_disables_is_signed_out,
    nothing_is_answered_from_memory_while_the_log_cannot_be_read,
];

async fn request(client: &Client, path: &str, known: Option<&str>) -> Response {
    let request = client.request(Method::GET, path);
    let request = match known {
        Some(etag) => request.header(header::IF_NONE_MATCH, etag),
        None => request,
    };
    request.send().await.unwrap()
}

fn etag(response: &Response) -> String {
    response.headers()[header::ETAG].to_str().unwrap().to_owned()
}

async fn names_and_counts(client: &Client) -> Vec<(String, i64)> {
    let queue = client.get("/queue").await.expect(200);
    let sections = queue["sections"].as_array().unwrap().iter();
    sections
        .map(|section| {
            (
                section["team"]["name"].as_str().unwrap().to_owned(),
                section["counts"]["agent"].as_i64().unwrap(),
            )
        })
        .collect()
}

async fn an_unchanged_queue_costs_no_database_work(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let first = request(&ann, "/queue", None).await;
    let known = etag(&first);
    statements::start_recording(&app.database.url);
    for _ in 0..3 {
        assert_eq!(request(&ann, "/queue", Some(&known)).await.status(), 304);
        assert_eq!(request(&ann, "/queue", None).await.status(), 200);
    }
    let sent = statements::recorded(&app.database.url);
    assert!(sent.iter().all(|statement| statements::is_of_task(statement)), "{sent:#?}");
}

async fn a_client_that_has_the_answer_receives_304_until_the_queue_changes(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let mut known = etag(&request(&ann, "/queue", None).await);
    for change in ["a message", "a reply", "a failure", "a closure"] {
        let same = request(&ann, "/queue", Some(&known)).await;
        assert_eq!((same.status().as_u16(), etag(&same)), (304, known.clone()));
        assert_eq!(same.bytes().await.unwrap().len(), 0);
        match change {
            "a message" => drop(app.inbound(&stranger(1), "Hello").await),
            "a reply" => {
                let reply = ann.create_reply(conversation, "Hello").await;
                app.message_becomes(&ann, reply, "sent").await;
            }
            "a failure" => {
                let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
                let receipt =
                    [("MessageSid", sid.as_str()), ("MessageStatus", "failed"), ("ErrorCode", "30003")];
                let receipt = signed(&app.anonymous, STATUS, &form(&receipt));
                assert_eq!(ApiResponse::to(receipt).await.status, 204);
            }
            _ => assert_eq!(ann.close(conversation).await.status, 201),
        }
        let changed = request(&ann, "/queue", Some(&known)).await;
        assert_eq!(changed.status(), 200, "after {change}");
        assert_eq!(changed.headers()[header::CACHE_CONTROL], "no-store");
        assert_ne!(etag(&changed), known);
        known = etag(&changed);
    }
}

async fn a_change_in_one_team_leaves_the_section_of_another_as_it_is(app: TestApp) {
    let bo = app.signed_in(BO).await;
    let path = format!("/queue?team_id={SUPPORT}");
    let support = etag(&request(&bo, &path, None).await);
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(request(&bo, &path, Some(&support)).await.status(), 304);
    app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    assert_eq!(request(&bo, &path, Some(&support)).await.status(), 200);
}

async fn a_team_can_be_requested_alone(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let (bo, admin) = (app.signed_in(BO).await, app.signed_in(ADMIN).await);
    let whole = bo.get("/queue").await.expect(200);
    let collections = bo.get(&format!("/queue?team_id={COLLECTIONS}")).await.expect(200);
    assert_eq!(collections, json!({"sections": [whole["sections"][0]]}));
    let claims = admin.get(&format!("/queue?team_id={CLAIMS}&limit=1")).await.expect(200);
    assert_eq!(claims["sections"][0]["team"]["name"], "Claims");
    for client in [&bo, &admin] {
        client.get("/queue?team_id=4711").await.problem(NotFound);
    }
    bo.get(&format!("/queue?team_id={CLAIMS}")).await.problem(NotFound);
}

async fn the_compressed_answer_is_the_same(app: TestApp) {
    for n in 0..20 {
        app.inbound(&stranger(n), "Hello").await;
    }
    let ann = app.signed_in(ANN).await;
    let plain = request(&ann, "/queue", None).await;
    let tag = etag(&plain);
    let plain = plain.bytes().await.unwrap();
    let accept = |codings: &'static str| {
        ann.request(Method::GET, "/queue").header(header::ACCEPT_ENCODING, codings).send()
    };
    let compressed = accept("gzip, deflate, br, zstd").await.unwrap();
    assert_eq!(compressed.headers()[header::CONTENT_ENCODING], "br");
    assert_eq!(etag(&compressed), tag);
    let compressed = compressed.bytes().await.unwrap();
    let mut read = Vec::new();
    brotli::BrotliDecompress(&mut &compressed[..], &mut read).unwrap();
    assert_eq!(read, plain);
    assert!(compressed.len() * 5 < plain.len(), "{} of {} bytes", compressed.len(), plain.len());
    let refused = accept("br;q=0").await.unwrap();
    assert_eq!(refused.headers().get(header::CONTENT_ENCODING), None);
}

async fn members_of_the_same_teams_receive_the_same_answer(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    let bo = app.signed_in(BO).await;
    let of_collections = format!("/queue?team_id={COLLECTIONS}");
    let tag = etag(&request(&bo, &of_collections, None).await);
    statements::start_recording(&app.database.url);
    let ann = app.signed_in(ANN).await;
    assert_eq!(etag(&request(&ann, "/queue", None).await), tag);
    let sent = statements::recorded(&app.database.url);
    let read: Vec<_> = sent.iter().filter(|statement| statement.contains("waiting_since")).collect();
    assert!(read.is_empty(), "{read:#?}");
}

async fn a_renamed_team_has_its_new_name_in_the_next_answer(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    assert_eq!(names_and_counts(&ann).await, [("Collections".to_owned(), 0)]);
    let path = format!("/teams/{COLLECTIONS}");
    let mut team: Value = admin.get(&path).await.expect(200);
    team["name"] = json!("Recoveries");
    admin.put(&path, team).await.expect(200);
    assert_eq!(names_and_counts(&ann).await, [("Recoveries".to_owned(), 0)]);
}

/// Lets the time pass that another replica needs to read the log, until `stream` has received an event.
async fn event_of_another_replica(app: &TestApp, stream: &mut Listener) -> Option<Value> {
    loop {
        app.advance(chrono::TimeDelta::milliseconds(100));
        // Long enough for the replica to read the log, so that its caches stay in use.
        if let Ok(event) = timeout(Duration::from_secs(1), stream.event()).await {
            return event;
        }
    }
}

async fn those_who_receive_an_event_of_another_replica_see_the_change(app: TestApp) {
    let replica = app.replica(|_| {});
    let ann = replica.signed_in(ANN).await;
    let mut stream = Listener::to(&ann).await;
    assert_eq!(names_and_counts(&ann).await, [("Collections".to_owned(), 0)]);
    app.inbound(STRANGER, "Hello").await;
    let event = event_of_another_replica(&app, &mut stream).await.unwrap();
    assert_eq!(event["kind"], "message_received");
    assert_eq!(names_and_counts(&ann).await, [("Collections".to_owned(), 1)]);
}

async fn an_account_that_another_replica_disables_is_signed_out(app: TestApp) {
    let replica = app.replica(|_| {});
    let ann = replica.signed_in(ANN).await;
    ann.get("/me").await.expect(200);
    let mut stream = Listener::to(&ann).await;
    let admin = app.signed_in(ADMIN).await;
    admin.put(&format!("/accounts/{}", ANN.1), json!({"disabled": true})).await.expect(200);
    let event = event_of_another_replica(&app, &mut stream).await.unwrap();
    assert_eq!(event["kind"], "account_changed");
    ann.get("/me").await.problem(SessionExpired);
}

async fn nothing_is_answered_from_memory_while_the_log_cannot_be_read(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    assert_eq!(names_and_counts(&ann).await, [("Collections".to_owned(), 0)]);
    app.database.run("ALTER TABLE events RENAME TO unreadable").unwrap();
    // Longer than the age up to which what was read from the log is trusted.
    app.advance(chrono::TimeDelta::seconds(2));
    // Without an event, as if another replica had made the changes.
    app.database.run(&format!("UPDATE teams SET name = 'Recoveries' WHERE id = {COLLECTIONS}")).unwrap();
    assert_eq!(names_and_counts(&ann).await, [("Recoveries".to_owned(), 0)]);
    app.disable(ANN);
    ann.get("/queue").await.problem(SessionExpired);
}
