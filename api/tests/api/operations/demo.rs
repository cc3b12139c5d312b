//! The demo data: an example of everything, consistent with the rules of the server, and only for an empty database.

use std::collections::BTreeSet;

use api::{
    auth::PasswordPool,
    db::{Db, Migrations},
    demo::{self, DEMO_EMAILS, DEMO_PASSWORD},
};
use serde_json::{Value, json};
use shared::ErrorCode::InvalidCredentials;

use crate::support::{Client, TestApp, database::TestDatabase, fixtures::start, on_both_databases};

on_both_databases![
    every_account_except_the_disabled_one_can_sign_in,
    the_queue_has_conversations_of_every_kind,
    the_demo_data_needs_an_empty_database,
];

/// Starts a server on the demo data.
async fn demo_server(app: &TestApp) -> (TestDatabase, crate::support::test_app::Replica) {
    let database = TestDatabase::empty(app.database.kind);
    Migrations::on(&database.parsed_url()).unwrap().run().unwrap();
    let db = Db::open(&database.parsed_url(), 1).unwrap();
    demo::build(&db, &PasswordPool::default(), start()).await.unwrap();
    let server = app.replica(|args| args.database_url = Some(database.url.clone()));
    (database, server)
}

async fn sign_in(server: &Client, email: &str) -> Client {
    let session =
        server.post("/sessions", json!({"email": email, "password": DEMO_PASSWORD})).await.expect(201);
    server.with_token(session["access_token"].as_str().unwrap())
}

async fn every_account_except_the_disabled_one_can_sign_in(app: TestApp) {
    let (_database, server) = demo_server(&app).await;
    let mut seen = Vec::new();
    for email in DEMO_EMAILS {
        if email == "dee@example.com" {
            let dee = json!({"email": email, "password": DEMO_PASSWORD});
            server.anonymous.post("/sessions", dee).await.problem(InvalidCredentials);
            continue;
        }
        let me = sign_in(&server.anonymous, email).await.get("/me").await.expect(200);
        let teams: Vec<_> = me["teams"].as_array().unwrap().iter().map(|team| team["name"].clone()).collect();
        let permissions = me["permissions"].as_array().unwrap().len();
        seen.push((email, me["account"]["role"].clone(), permissions, json!(teams)));
    }
    let expected = [
        ("admin@example.com", json!("admin"), 9, json!(["Claims", "Collections", "Support"])),
        ("supervisor@example.com", json!("supervisor"), 7, json!(["Collections", "Support"])),
        ("ann@example.com", json!("agent"), 2, json!(["Collections"])),
        ("bo@example.com", json!("agent"), 3, json!(["Collections", "Support"])),
        ("cy@example.com", json!("agent"), 4, json!(["Claims"])),
    ];
    assert_eq!(seen, expected);
}

async fn the_queue_has_conversations_of_every_kind(app: TestApp) {
    let (_database, server) = demo_server(&app).await;
    let admin = sign_in(&server.anonymous, "admin@example.com").await;
    let queue = admin.get("/queue?limit=200").await.expect(200);
    let sections = queue["sections"].as_array().unwrap();
    let numbers: Vec<_> = sections.iter().map(|section| section["team"]["numbers"].clone()).collect();
    let expected =
        [json!(["+447700900003", "+447700900004"]), json!(["+447700900001"]), json!(["+447700900002"])];
    assert_eq!(numbers, expected);
    let (mut actions, mut without_name, mut not_delivered) = (BTreeSet::new(), 0, 0);
    for section in sections {
        let items = section["items"].as_array().unwrap();
        let sum =
            section["counts"]["agent"].as_i64().unwrap() + section["counts"]["customer"].as_i64().unwrap();
        assert_eq!(i64::try_from(items.len()).unwrap(), sum);
        for item in items {
            actions.insert(item["next_action"].as_str().unwrap().to_owned());
            without_name += usize::from(item["name"].is_null());
            not_delivered += usize::from(!item["attention"].is_null());
            assert_summary_matches_messages(&admin, item).await;
        }
        let team = &section["team"]["id"];
        let closed =
            admin.get(&format!("/conversations?team_id={team}&status=closed&limit=200")).await.items();
        assert!(!closed.is_empty());
        assert!(!admin.get(&format!("/closure_reasons?team_id={team}")).await.items().is_empty());
    }
    assert_eq!(actions, BTreeSet::from(["agent".to_owned(), "customer".to_owned()]));
    assert!(without_name > 0 && not_delivered > 0);
}

/// Asserts that the queue's summary of a conversation agrees with its messages.
async fn assert_summary_matches_messages(admin: &Client, item: &Value) {
    let id = item["id"].as_i64().unwrap();
    let messages = admin.messages(id).await;
    let last = |direction: &str| {
        let found = messages.iter().rfind(|message| message["direction"] == direction);
        found.map_or(Value::Null, |message| message["created_at"].clone())
    };
    assert_eq!(item["last_message_at"], last("inbound"), "{item}");
    let newest = messages.last().unwrap();
    let failed = ["failed", "undelivered"].iter().any(|status| newest["status"] == *status);
    let agent = newest["direction"] == "inbound" || failed;
    assert_eq!(item["next_action"], if agent { "agent" } else { "customer" }, "{item}");
    let times: Vec<_> = messages.iter().map(|message| message["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        times.iter().all(|time| *time <= "2024-11-25T09:00:00Z"),
        "no message is in the future: {times:?}"
    );
}

async fn the_demo_data_needs_an_empty_database(app: TestApp) {
    let db = Db::open(&app.database.parsed_url(), 1).unwrap();
    let before = app.database.count("accounts", "1 = 1");
    let refused = demo::build(&db, &PasswordPool::default(), start()).await.unwrap_err();
    assert!(refused.to_string().contains("not empty"), "{refused}");
    assert_eq!(app.database.count("accounts", "1 = 1"), before);
    assert_eq!(app.database.count("teams", "1 = 1"), 3);
}
