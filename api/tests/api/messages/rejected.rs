//! A message that cannot be stored is listed for administrators, logged and counted, and the gateway gets an error
//! response, which appears in its own log.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{
    ApiResponse, Client, TestApp,
    database::sql_timestamp,
    eventually,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER},
    gateway::{Form, MESSAGES, form, message_form, signed},
    on_both_databases,
};

on_both_databases![
    every_message_that_cannot_be_stored_is_listed_with_its_reason,
    a_repeated_message_is_listed_once,
    rejected_messages_are_listed_page_by_page,
    a_message_leaves_the_list_once_a_team_has_its_number,
    gap_repair_lists_a_message_that_it_cannot_store,
    a_listed_sender_is_truncated_and_has_no_nul,
    the_list_goes_back_thirty_days,
];

async fn deliver(app: &TestApp, form: &Form) -> ApiResponse {
    ApiResponse::to(signed(&app.anonymous, MESSAGES, form)).await
}

async fn listed(reader: &Client) -> Vec<Value> {
    reader.get("/rejected_messages").await.expect(200)["items"].as_array().unwrap().clone()
}

async fn every_message_that_cannot_be_stored_is_listed_with_its_reason(app: TestApp) {
    // Counting starts with the first request for metrics.
    app.anonymous.get("//metrics").await;
    let (whatsapp, long) = (format!("whatsapp:{STRANGER}"), "x".repeat(60));
    let to_whatsapp = format!("whatsapp:{COLLECTIONS_NUMBER}");
    let cases: [(&str, &str, &str, u16, &str); 7] = [
        ("SM1", &whatsapp, COLLECTIONS_NUMBER, 422, "other_channel"),
        ("SM2", STRANGER, &to_whatsapp, 422, "other_channel"),
        ("SM3", "", COLLECTIONS_NUMBER, 422, "missing_sender"),
        ("SM4", &long, COLLECTIONS_NUMBER, 422, "invalid_sender"),
        ("SM5", STRANGER, "", 422, "missing_recipient"),
        ("SM6", STRANGER, "+447700900099", 404, "unknown_recipient"),
        ("", STRANGER, COLLECTIONS_NUMBER, 422, "missing_id"),
    ];
    let admin = app.signed_in(ADMIN).await;
    for (sid, from, to, status, reason) in cases {
        app.advance(TimeDelta::seconds(1));
        let response = deliver(&app, &message_form(sid, from, to, "A secret")).await;
        assert_eq!(response.status, status, "{reason}: {}", response.body);
        let newest = listed(&admin).await.remove(0);
        let or_null = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        assert_eq!(newest["reason"], reason);
        assert_eq!(newest["gateway_id"], or_null(sid), "{reason}");
        assert_eq!((&newest["from"], &newest["to"]), (&or_null(from), &or_null(to)), "{reason}");
        assert_eq!(newest["recovered"], false);
        assert!(newest["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(!newest.to_string().contains("A secret"), "the text stays with the gateway");
    }
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    let metrics = app.anonymous.get("//metrics").await.body;
    assert!(metrics.contains("sms_chat_rejected_messages_total{reason=\"other_channel\"}"), "{metrics}");
    app.signed_in(ANN).await.get("/rejected_messages").await.problem(shared::ErrorCode::Forbidden);
}

async fn a_repeated_message_is_listed_once(app: TestApp) {
    let unknown = message_form("SM1", STRANGER, "+447700900099", "Hello");
    for _ in 0..3 {
        assert_eq!(deliver(&app, &unknown).await.status, 404);
    }
    assert_eq!(listed(&app.signed_in(ADMIN).await).await.len(), 1);
}

async fn rejected_messages_are_listed_page_by_page(app: TestApp) {
    for n in 0..5 {
        deliver(&app, &message_form(&format!("SM{n}"), STRANGER, "+447700900099", "Hello")).await;
    }
    let admin = app.signed_in(ADMIN).await;
    let (mut path, mut seen) = ("/rejected_messages?limit=2".to_owned(), Vec::new());
    loop {
        let page = admin.get(&path).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        seen.extend(items.map(|item| item["gateway_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/rejected_messages?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["SM4", "SM3", "SM2", "SM1", "SM0"]);
}

async fn a_message_leaves_the_list_once_a_team_has_its_number(app: TestApp) {
    const ADDED_NUMBER: &str = "+447700900099";
    let written = app.gateway.send_inbound(STRANGER, ADDED_NUMBER, "To a number without a team").await;
    assert_eq!(written["webhook_status"], 404);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(listed(&admin).await.len(), 1);
    admin.post(&format!("/teams/{COLLECTIONS}/numbers"), json!({ "number": ADDED_NUMBER })).await.expect(201);
    let _desk = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    eventually("the message was recovered", async || {
        (app.database.count("messages", "recovered") == 1).then_some(())
    })
    .await;
    assert_eq!(listed(&admin).await, Vec::<Value>::new());
}

async fn gap_repair_lists_a_message_that_it_cannot_store(app: TestApp) {
    let from = format!("whatsapp:{STRANGER}");
    app.gateway.send_and_miss(json!({"from": from, "to": COLLECTIONS_NUMBER, "body": "Hello"})).await;
    let _desk = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    let admin = app.signed_in(ADMIN).await;
    let found = eventually("the message was listed", async || listed(&admin).await.pop()).await;
    assert_eq!((&found["reason"], &found["recovered"]), (&json!("other_channel"), &json!(true)));
    assert_eq!((&found["from"], &found["to"]), (&json!(from), &json!(COLLECTIONS_NUMBER)));
}

async fn a_listed_sender_is_truncated_and_has_no_nul(app: TestApp) {
    let from = format!("\0{}", "é".repeat(5000));
    let webhook = form(&[("MessageSid", "SM1"), ("From", &from), ("To", COLLECTIONS_NUMBER)]);
    assert_eq!(deliver(&app, &webhook).await.status, 422);
    let listed_message = listed(&app.signed_in(ADMIN).await).await.remove(0);
    assert_eq!(listed_message["from"].as_str().unwrap().chars().count(), 100);
}

async fn the_list_goes_back_thirty_days(app: TestApp) {
    deliver(&app, &message_form("SM1", STRANGER, "+447700900099", "Old")).await;
    deliver(&app, &message_form("SM2", STRANGER, "+447700900099", "New")).await;
    let old = sql_timestamp(app.database.kind, app.clock.now() - TimeDelta::days(30) - TimeDelta::minutes(1));
    app.database
        .run(&format!("UPDATE rejected_messages SET received_at = {old} WHERE gateway_id = 'SM1'"))
        .unwrap();
    eventually("the old one is deleted", async || {
        // Again and again, because the server may begin to wait for its next run only after the first time.
        app.advance(TimeDelta::hours(1));
        (app.database.count("rejected_messages", "1 = 1") == 1).then_some(())
    })
    .await;
    assert_eq!(app.database.count("rejected_messages", "gateway_id = 'SM2'"), 1);
}
