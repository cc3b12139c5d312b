//! Gap repair: messages and receipts whose webhooks were missed are found in the gateway's lists and stored once, with
//! the time at which they were sent.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationMoved, NumberOptedOut};

use crate::support::{
    ApiResponse, TestApp,
    database::sql_timestamp,
    eventually,
    fixtures::{ANN, COLLECTIONS, COLLECTIONS_NUMBER, SAM, STRANGER, start, stranger},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    a_missed_message_is_recovered_with_its_real_time,
    a_recovered_message_is_ordered_by_its_time_in_thread_and_queue,
    a_recovered_unseen_message_returns_the_conversation_to_the_agent,
    a_late_webhook_of_a_recovered_message_changes_nothing,
    simultaneous_repairs_store_each_message_once,
    a_recovered_message_after_the_closure_starts_a_new_conversation,
    a_recovered_message_opens_a_pending_conversation,
    pictures_are_recovered_with_their_message,
    a_recovered_stop_opts_out,
    a_recovered_stop_does_not_undo_a_later_start,
    a_missed_receipt_is_recovered,
    a_long_list_is_read_to_its_end,
    messages_from_before_the_number_was_added_are_not_recovered,
    a_server_clock_behind_the_gateways_loses_no_message,
    an_unavailable_gateway_is_tried_again_and_blocks_no_request,
];

fn at_minute(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

/// Sends a message from a customer `ago` minutes before the start of the test and drops its webhook.
async fn missed_message(app: &TestApp, from: &str, body: &str, ago: i64) -> Value {
    app.gateway
        .send_and_miss(json!({"from": from, "to": COLLECTIONS_NUMBER, "body": body, "at": at_minute(-ago)}))
        .await
}

/// Starts another server with gap repair; everything up to `ago` minutes before the start of the test counts as
/// compared.
fn repairing_server(app: &TestApp, ago: i64) -> Replica {
    let until = sql_timestamp(app.database.kind, at_minute(-ago));
    app.database.run(&format!("UPDATE team_numbers SET compared_until = {until}")).unwrap();
    app.replica(|args| args.repair_seconds = Some("300".to_owned()))
}

/// Waits until every number has been compared.
async fn wait_until_compared(app: &TestApp) {
    let year = sql_timestamp(app.database.kind, start() + TimeDelta::days(300));
    eventually("every number was compared", async || {
        let behind = format!("compared_until IS NULL OR compared_until < {year}");
        (app.database.count("team_numbers", &behind) == 0).then_some(())
    })
    .await;
}

async fn a_missed_message_is_recovered_with_its_real_time(app: TestApp) {
    app.anonymous.get("//metrics").await;
    missed_message(&app, STRANGER, "Is anybody there?", 10).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let conversation = ann.conversation(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    let written = "2024-11-25T08:50:00Z";
    for (name, value) in [
        ("status", json!("open")),
        ("origin", json!("inbound")),
        ("next_action", json!("agent")),
        ("unread", json!(1)),
        ("opened_at", json!(written)),
        ("waiting_since", json!(written)),
        ("last_message_at", json!(written)),
    ] {
        assert_eq!(conversation[name], value, "{name}");
    }
    let message = ann.messages(conversation["id"].as_i64().unwrap()).await.remove(0);
    for (name, value) in [
        ("body", json!("Is anybody there?")),
        ("created_at", json!(written)),
        ("status", json!("received")),
        ("recovered", json!(true)),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    assert_eq!(app.database.count("events", "kind = 'message_received'"), 1);
    let metrics = app.anonymous.get("//metrics").await.body;
    assert!(metrics.contains("sms_chat_recovered_total{kind=\"message\"}"), "{metrics}");
}

async fn a_recovered_message_is_ordered_by_its_time_in_thread_and_queue(app: TestApp) {
    let other = app.inbound(&stranger(1), "Between").await;
    app.advance(TimeDelta::minutes(1));
    let conversation = app.inbound(STRANGER, "Second").await;
    missed_message(&app, STRANGER, "First", 10).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let bodies = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/conversations/{conversation}/messages");
    let thread = ann.get(&path).await.expect(200);
    assert_eq!(bodies(&thread), ["First", "Second"]);
    // The pages have the same order, although the first message has the newer id.
    let page = ann.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(bodies(&page), ["Second"]);
    let before = page["next_cursor"].as_str().unwrap();
    let page = ann.get(&format!("{path}?limit=1&before={before}")).await.expect(200);
    assert_eq!((bodies(&page), &page["next_cursor"]), (vec!["First".to_owned()], &Value::Null));

    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["waiting_since"], "2024-11-25T08:50:00Z");
    assert_eq!(seen["last_message_at"], "2024-11-25T09:01:00Z");
    assert_eq!(seen["unread"], 2);
    let queue = ann.get("/queue").await.expect(200);
    let order: Vec<i64> = queue["sections"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect();
    assert_eq!(order, [conversation, other]);
}

async fn a_recovered_unseen_message_returns_the_conversation_to_the_agent(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    ann.create_reply(conversation, "Hello to you").await;
    missed_message(&app, STRANGER, "And one more thing", 10).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let found = ann.conversation(conversation).await;
    assert_eq!((&found["next_action"], &found["unread"]), (&json!("agent"), &json!(1)));
    assert_eq!(found["waiting_since"], "2024-11-25T08:50:00Z");
    // A reply is held if its sender has not seen the recovered message, although that message is older than the last
    // seen one.
    let path = format!("/conversations/{conversation}/messages");
    let refused = ann.post(&path, json!({"body": "Anything else?", "last_seen_message_id": seen})).await;
    let refused = refused.problem(ConversationMoved);
    assert_eq!(refused["messages"][0]["body"], "And one more thing");
}

async fn a_late_webhook_of_a_recovered_message_changes_nothing(app: TestApp) {
    let sid = missed_message(&app, STRANGER, "Hello", 10).await["sid"].as_str().unwrap().to_owned();
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let late = message_form(&sid, STRANGER, COLLECTIONS_NUMBER, "Hello");
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &late)).await.status, 200);
    assert_eq!(app.database.count("messages", "recovered"), 1);
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 1"), 1);
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

async fn simultaneous_repairs_store_each_message_once(app: TestApp) {
    for n in 0..30 {
        missed_message(&app, &stranger(n % 3), &format!("Text {n}"), 40 - i64::try_from(n).unwrap()).await;
    }
    // One message with a delivered webhook.
    app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Hello").await;
    let _desks = [repairing_server(&app, 35), repairing_server(&app, 35), repairing_server(&app, 35)];
    eventually("all messages were stored", async || {
        (app.database.count("messages", "recovered") == 30).then_some(())
    })
    .await;
    wait_until_compared(&app).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 31);
    assert_eq!(app.database.count("conversations", "unread = 10"), 3);
    assert_eq!(app.database.count("events", "1 = 1"), 31);
    let ann = app.signed_in(ANN).await;
    let thread = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, &stranger(1))).await;
    let bodies: Vec<&str> = thread.iter().map(|message| message["body"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..10).map(|n| format!("Text {}", 3 * n + 1)).collect();
    assert_eq!(bodies, expected);
}

async fn a_recovered_message_after_the_closure_starts_a_new_conversation(app: TestApp) {
    let closed = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(closed).await.status, 201);
    let mut before = ann.conversation(closed).await;
    missed_message(&app, STRANGER, "Before that", 10).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let new = ann.conversation(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!((&new["previous_id"], &new["unread"]), (&json!(closed), &json!(1)));
    assert_eq!(new["opened_at"], "2024-11-25T08:50:00Z");
    before["next_id"] = new["id"].clone();
    assert_eq!(ann.conversation(closed).await, before);
    assert_eq!(ann.messages(closed).await.len(), 1);
}

async fn a_recovered_message_opens_a_pending_conversation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Call us."});
    let pending = sam.post("/conversations", ad_hoc).await.expect(201)["id"].as_i64().unwrap();
    missed_message(&app, STRANGER, "I will", 0).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let found = sam.conversation(pending).await;
    assert_eq!((&found["status"], &found["next_action"]), (&json!("open"), &json!("agent")));
}

async fn pictures_are_recovered_with_their_message(app: TestApp) {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "", "at": at_minute(-10),
        "media": [{}, {"content_type": "image/gif"}]});
    app.gateway.send_and_miss(text).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let message = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await.remove(0);
    let media = message["media"].as_array().unwrap();
    let types: Vec<&Value> = media.iter().map(|media| &media["content_type"]).collect();
    assert_eq!(types, ["image/png", "image/gif"]);
    let path = media[0]["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
    let picture = ann.get(path).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
}

async fn a_recovered_stop_opts_out(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    missed_message(&app, STRANGER, "Stop", 10).await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let problem = ann.reply(conversation, "Hello").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("25 November 2024, 08:50"), "{problem}");
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["attention"]["code"], "opted_out");
}

async fn a_recovered_stop_does_not_undo_a_later_start(app: TestApp) {
    let second = stranger(1);
    for number in [STRANGER, &second] {
        missed_message(&app, number, "STOP", 10).await;
    }
    // For one of the numbers the server had recorded the opt-out, so the START was recorded as an opt-in; for the other
    // it had not.
    app.inbound(STRANGER, "STOP").await;
    app.advance(TimeDelta::minutes(1));
    for number in [STRANGER, &second] {
        app.gateway.send_inbound(number, COLLECTIONS_NUMBER, "START").await;
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 2);
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 3, "the ledger still records it");
    let ann = app.signed_in(ANN).await;
    for number in [STRANGER, &second] {
        let conversation = app.live_conversation(COLLECTIONS_NUMBER, number);
        assert_eq!(ann.conversation(conversation).await["attention"], Value::Null);
        let message = ann.create_reply(conversation, "Hello").await;
        app.message_becomes(&ann, message, "delivered").await;
    }
}

async fn a_missed_receipt_is_recovered(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never"})).await;
    let message = ann.create_reply(conversation, "Hello to you").await;
    app.message_becomes(&ann, message, "sent").await;
    eventually("the gateway has delivered the message", async || {
        (app.gateway.sent_to(STRANGER).await[0]["status"] == "delivered").then_some(())
    })
    .await;
    assert_eq!(ann.messages(conversation).await[1]["status"], "sent");
    let _desk = repairing_server(&app, 5);
    let found = app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(found["recovered"], false, "the message itself was not missed");
    assert_eq!(found["delivered_at"], "2024-11-25T09:00:00Z");
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}

async fn a_long_list_is_read_to_its_end(app: TestApp) {
    app.gateway.deliver_to("http://127.0.0.1:1");
    for n in 0..450 {
        let text = json!({"from": stranger(n % 3), "to": COLLECTIONS_NUMBER, "body": format!("Text {n}"),
            "at": at_minute(-30) + TimeDelta::seconds(i64::try_from(n).unwrap())});
        app.gateway.send_and_miss(text).await;
    }
    let _desk = repairing_server(&app, 25);
    wait_until_compared(&app).await;
    assert_eq!(app.database.count("messages", "recovered"), 450);
    assert_eq!(app.database.count("conversations", "unread = 150"), 3);
}

async fn messages_from_before_the_number_was_added_are_not_recovered(app: TestApp) {
    missed_message(&app, STRANGER, "To whoever had the number then", 120).await;
    app.gateway
        .send_and_miss(json!({"from": STRANGER, "to": "+447700900099", "body": "To nobody of ours"}))
        .await;
    let _desk = repairing_server(&app, 5);
    wait_until_compared(&app).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_server_clock_behind_the_gateways_loses_no_message(app: TestApp) {
    // The simulator's clock is the machine's, two years ahead of the server's; no number has been compared.
    app.gateway.send_and_miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Hello"})).await;
    let _desk = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    wait_until_compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let conversation = ann.conversation(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!(conversation["last_message_at"], "2024-11-25T09:00:00Z");
    assert_eq!(conversation["waiting_since"], "2024-11-25T09:00:00Z");
}

async fn an_unavailable_gateway_is_tried_again_and_blocks_no_request(app: TestApp) {
    missed_message(&app, STRANGER, "Hello", 10).await;
    app.gateway.inject_fault(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let server = repairing_server(&app, 5);
    let ann = server.signed_in(ANN).await;
    ann.get("/queue").await.expect(200);
    app.advance(TimeDelta::minutes(5));
    ann.get("/queue").await.expect(200);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    app.gateway.clear_faults().await;
    app.advance_until("the message was recovered", async || {
        (app.database.count("messages", "recovered") == 1).then_some(())
    })
    .await;
}
