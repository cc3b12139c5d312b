//! The number of statements in the life of a message. On PostgreSQL each is a round trip, and so are BEGIN and COMMIT,
//! which are counted. On SQLite the group commit controls the transaction for many requests, and is not counted. Neither
//! are the statements of authentication and of background tasks.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    ApiResponse, Kind, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER},
    gateway::{MESSAGES, STATUS, form, message_form, signed},
    on_both_databases, statements,
};

on_both_databases![
    a_message_into_a_live_conversation_takes_few_statements,
    a_message_that_starts_a_conversation_takes_few_statements,
    a_reply_takes_few_statements,
    a_receipt_takes_few_statements,
    a_receipt_of_a_status_that_is_not_final_takes_no_statement,
    a_page_of_messages_takes_one_statement,
];

/// Asserts the number of statements since [`statements::start_recording`].
fn assert_statements(app: &TestApp, sqlite: usize, postgres: usize) {
    let sent = statements::recorded_counts(&app.database.url);
    let counted: Vec<_> = sent.iter().filter(|(statement, _)| is_of_request(statement)).collect();
    let count: usize = counted.iter().map(|(_, count)| **count).sum();
    let (count, expected) = match app.database.kind {
        Kind::Sqlite => (count, sqlite),
        Kind::Postgres => (count + 2, postgres),
    };
    assert_eq!(count, expected, "{counted:#?}");
}

fn is_of_request(statement: &str) -> bool {
    let statement = statement.replace(['"', '`'], "");
    let starts = |words: &[&str]| words.iter().any(|word| statement.starts_with(word));
    let contains = |words: &[&str]| words.iter().any(|word| statement.contains(word));
    let is_control = starts(&["BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "PRAGMA", "SET"]);
    let is_authentication = contains(&["sessions", "team_members"]);
    let is_of_task = statements::is_of_task(&statement);
    let is_worker = (contains(&["outbox"]) && !contains(&["INSERT INTO outbox"]))
        || contains(&["SET status = 'sending'"]);
    // Tasks that run once at the start of the server: retention, folding of search texts, imports to continue.
    let is_start = starts(&["DELETE", "UPDATE daily_files", "UPDATE search_folding"])
        || contains(&["FROM search_folding", "JOIN conversation_texts", "FROM daily_files"]);
    !(is_control || is_authentication || is_of_task || is_worker || is_start)
}

async fn receive(app: &TestApp, body: &str) {
    let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, body);
    statements::start_recording(&app.database.url);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
}

async fn a_message_into_a_live_conversation_takes_few_statements(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    receive(&app, "Are you there?").await;
    assert_statements(&app, 4, 5);
}

async fn a_message_that_starts_a_conversation_takes_few_statements(app: TestApp) {
    receive(&app, "Hello").await;
    assert_statements(&app, 6, 6);
}

async fn a_reply_takes_few_statements(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let last_seen = ann.messages(conversation).await[0]["id"].clone();
    // The worker does not record an outcome while the gateway holds its answer back.
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "latency", "ms": 5000})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"body": "Good morning", "template_id": 1, "last_seen_message_id": last_seen});
    statements::start_recording(&app.database.url);
    let reply = ann.request(Method::POST, &path).header("Idempotency-Key", "k1").json(&body);
    assert_eq!(ApiResponse::to(reply).await.status, 201);
    assert_statements(&app, 7, 7);
}

/// Returns the gateway's id of a sent message without receipts.
async fn sent(app: &TestApp) -> String {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let message = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, message, "sent").await;
    app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned()
}

async fn deliver_receipt(app: &TestApp, gateway_id: &str, status: &str) {
    let receipt = form(&[("MessageSid", gateway_id), ("MessageStatus", status)]);
    statements::start_recording(&app.database.url);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &receipt)).await.status, 204);
}

async fn a_receipt_takes_few_statements(app: TestApp) {
    let gateway_id = sent(&app).await;
    deliver_receipt(&app, &gateway_id, "delivered").await;
    assert_statements(&app, 3, 4);
}

async fn a_receipt_of_a_status_that_is_not_final_takes_no_statement(app: TestApp) {
    let gateway_id = sent(&app).await;
    for status in ["queued", "sending", "sent"] {
        deliver_receipt(&app, &gateway_id, status).await;
        assert_statements(&app, 0, 2);
    }
}

async fn a_page_of_messages_takes_one_statement(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.messages(conversation).await.len(), 1);
    statements::start_recording(&app.database.url);
    assert_eq!(ann.messages(conversation).await.len(), 1);
    let sent = statements::recorded(&app.database.url);
    let of_messages: Vec<_> = sent.iter().filter(|statement| statement.contains("messages")).collect();
    // The folding of search texts, once at the start, reads conversations too.
    let is_read = |text: &str| text.contains("conversations") && !text.contains("conversation_texts");
    let of_conversation = sent.iter().filter(|statement| is_read(statement));
    assert_eq!(of_messages.len(), 1, "{of_messages:#?}");
    assert_eq!(of_conversation.collect::<Vec<_>>(), of_messages, "the same statement reads both");
}
