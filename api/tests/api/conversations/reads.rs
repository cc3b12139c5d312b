//! A transaction reads the conversation that it changes once, locks it, and hands it on.

use serde_json::json;

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER},
    gateway::{MESSAGES, STATUS, form, message_form, signed},
    on_both_databases, statements,
};

on_both_databases![
    a_message_reads_its_open_conversation_once,
    a_stop_reads_its_conversation_once,
    a_failure_of_the_last_message_reads_its_conversation_once,
    a_reply_reads_its_conversation_once,
];

/// Counts the statements since [`statements::start_recording`] that read a conversation.
fn reads(app: &TestApp, what: &str) -> usize {
    let sent = statements::recorded_counts(&app.database.url);
    let all: usize = sent.values().sum();
    let is_read = |statement: &str| {
        let statement = statement.replace(['"', '`'], "");
        let is_of =
            ["FROM conversations", "JOIN conversations"].iter().any(|source| statement.contains(source));
        statement.starts_with("SELECT") && is_of
    };
    let reads = sent.iter().filter(|(statement, _)| is_read(statement)).map(|(_, count)| count).sum();
    println!("{what}: {all} statements, {reads} of them read a conversation: {sent:#?}");
    reads
}

async fn reads_of_message(app: &TestApp, body: &str) -> usize {
    let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, body);
    statements::start_recording(&app.database.url);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    reads(app, body)
}

async fn a_message_reads_its_open_conversation_once(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(reads_of_message(&app, "Are you there?").await, 1);
}

async fn a_stop_reads_its_conversation_once(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(reads_of_message(&app, "STOP").await, 1);
    assert_eq!(reads_of_message(&app, "START").await, 1);
}

async fn a_failure_of_the_last_message_reads_its_conversation_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let message = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, message, "sent").await;
    let gateway_id = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    let receipt =
        form(&[("MessageSid", &gateway_id), ("MessageStatus", "undelivered"), ("ErrorCode", "21610")]);
    statements::start_recording(&app.database.url);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &receipt)).await.status, 204);
    assert_eq!(reads(&app, "receipt with 21610"), 1);
}

async fn a_reply_reads_its_conversation_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    // The worker does not send while the gateway holds its answer back.
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "latency", "ms": 5000})).await;
    statements::start_recording(&app.database.url);
    ann.create_reply(conversation, "Good morning").await;
    assert_eq!(reads(&app, "reply"), 1);
}
