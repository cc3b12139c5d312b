//! Delivery of a message after the gateway accepted or refused it: receipts arrive late, twice, out of order or early,
//! and a final failure returns the conversation to the agent with a plain reason.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{InvalidSignature, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, STRANGER},
    gateway::{Form, STATUS, form, message_form, sid, signed},
    on_both_databases,
};

on_both_databases![
    a_refused_message_fails_with_a_plain_reason_and_returns_to_the_agent,
    an_undelivered_message_returns_to_the_agent,
    the_next_reply_clears_the_attention,
    the_failure_of_an_earlier_message_does_not_change_the_conversation,
    repeated_receipts_are_ignored,
    receipts_may_arrive_in_reverse_order,
    receipts_may_arrive_before_the_gateways_response,
    receipts_for_an_unknown_message_are_kept,
    a_status_never_goes_back_and_the_first_final_status_stays,
    a_receipt_after_the_closure_updates_the_message,
    a_failure_after_the_closure_does_not_change_the_conversation,
    a_receipt_for_an_inbound_message_is_ignored,
    unknown_statuses_are_accepted_and_ignored,
    an_unsigned_receipt_is_refused,
    a_receipt_without_a_required_field_is_refused,
];

struct Sent {
    ann: Client,
    conversation: i64,
    message: i64,
}

/// Sends a reply of Ann's.
async fn sent(app: &TestApp) -> Sent {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let message = ann.create_reply(conversation, "Hello to you").await;
    Sent { ann, conversation, message }
}

/// Sends a reply of which the gateway sends no receipts; returns its gateway id.
async fn sent_without_receipts(app: &TestApp) -> (Sent, String) {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let sent = sent(app).await;
    app.message_becomes(&sent.ann, sent.message, "sent").await;
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    (sent, sid)
}

fn receipt(sid: &str, status: &str, code: Option<&str>) -> Form {
    let mut receipt = form(&[("MessageSid", sid), ("MessageStatus", status), ("To", STRANGER)]);
    receipt.extend(code.map(|code| ("ErrorCode".to_owned(), code.to_owned())));
    receipt
}

async fn report(app: &TestApp, sid: &str, status: &str, code: Option<&str>) {
    let response = ApiResponse::to(signed(&app.anonymous, STATUS, &receipt(sid, status, code))).await;
    assert_eq!((response.status, response.body.as_str()), (204, ""));
}

async fn message(sent: &Sent) -> Value {
    let messages = sent.ann.messages(sent.conversation).await;
    messages.into_iter().find(|message| message["id"] == sent.message).unwrap()
}

async fn a_refused_message_fails_with_a_plain_reason_and_returns_to_the_agent(app: TestApp) {
    for (code, reason) in [
        (21614, "The number is not a mobile number."),
        (21211, "The number is not a valid phone number."),
        (30999, "The gateway refused the message (code 30999)."),
    ] {
        app.gateway.inject_fault(json!({"fault": "error", "code": code})).await;
        let sent = sent(&app).await;
        let failed = app.message_becomes(&sent.ann, sent.message, "failed").await;
        assert_eq!(failed["error"]["code"], code.to_string());
        let text = failed["error"]["text"].as_str().unwrap();
        assert!(text.starts_with(reason), "{text}");
        assert_eq!((&failed["sent_at"], &failed["delivered_at"]), (&Value::Null, &Value::Null));
        let seen = sent.ann.conversation(sent.conversation).await;
        assert_eq!(seen["next_action"], "agent");
        assert_eq!(seen["attention"], json!({"code": "not_delivered", "text": text}));
        assert_eq!(app.database.count("outbox", "1 = 1"), 0, "there is no further attempt");
    }
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn an_undelivered_message_returns_to_the_agent(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "fail", "error_code": 30003})).await;
    let sent = sent(&app).await;
    let failed = app.message_becomes(&sent.ann, sent.message, "undelivered").await;
    assert_eq!(failed["error"]["code"], "30003");
    assert_eq!(failed["sent_at"], "2024-11-25T09:01:00Z");
    let seen = sent.ann.conversation(sent.conversation).await;
    assert_eq!(seen["next_action"], "agent");
    assert_eq!(seen["waiting_since"], "2024-11-25T09:01:00Z");
    assert_eq!(seen["attention"]["code"], "not_delivered");
    assert_eq!(seen["attention"]["text"], "The phone is off or out of reach. Try again later.");
    assert_eq!(seen["last_message_at"], "2024-11-25T09:00:00Z", "the customer has not written");
    assert_eq!(seen["unread"], 0);
}

async fn the_next_reply_clears_the_attention(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    report(&app, &sid, "undelivered", Some("30003")).await;
    app.inbound(STRANGER, "Are you there?").await;
    let seen = sent.ann.conversation(sent.conversation).await;
    assert_eq!(seen["attention"]["code"], "not_delivered", "a message from the customer does not clear it");
    sent.ann.create_reply(sent.conversation, "Once more").await;
    let seen = sent.ann.conversation(sent.conversation).await;
    assert_eq!((&seen["attention"], &seen["next_action"]), (&Value::Null, &json!("customer")));
}

async fn the_failure_of_an_earlier_message_does_not_change_the_conversation(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    let second = sent.ann.create_reply(sent.conversation, "The second").await;
    app.message_becomes(&sent.ann, second, "sent").await;
    let before = sent.ann.conversation(sent.conversation).await;
    app.advance(TimeDelta::minutes(1));
    report(&app, &sid, "failed", Some("30005")).await;
    assert_eq!(message(&sent).await["status"], "failed");
    assert_eq!(sent.ann.conversation(sent.conversation).await, before);
    assert_eq!(before["next_action"], "customer");
}

/// Sends a message with misbehaving receipts and waits until all have been posted.
async fn with_receipts(app: &TestApp, mode: &str, count: usize) -> Sent {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": mode})).await;
    let sent = sent(app).await;
    let receipts = app.gateway.receipts_for(STRANGER, count).await;
    assert!(receipts.iter().all(|receipt| receipt["answer"] == 204), "{receipts:?}");
    app.message_becomes(&sent.ann, sent.message, "delivered").await;
    sent
}

async fn repeated_receipts_are_ignored(app: TestApp) {
    let sent = with_receipts(&app, "twice", 6).await;
    let status_events = format!("kind = 'message_status_changed' AND message_id = {}", sent.message);
    assert_eq!(app.database.count("events", &status_events), 2, "sent, delivered");
}

async fn receipts_may_arrive_in_reverse_order(app: TestApp) {
    let sent = with_receipts(&app, "reversed", 3).await;
    let seen = message(&sent).await;
    assert_eq!(seen["sent_at"], "2024-11-25T09:01:00Z");
    assert_eq!(seen["delivered_at"], "2024-11-25T09:01:00Z");
}

async fn receipts_may_arrive_before_the_gateways_response(app: TestApp) {
    with_receipts(&app, "early", 3).await;
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}

async fn receipts_for_an_unknown_message_are_kept(app: TestApp) {
    report(&app, &sid(7), "delivered", None).await;
    report(&app, &sid(8), "undelivered", Some("30003")).await;
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 2);
    let stored = app.database.strings("SELECT status AS value FROM early_receipts ORDER BY id");
    assert_eq!(stored, ["delivered", "undelivered"]);
    // A receipt for a message of another server on the same gateway account is kept.
    let sent = sent(&app).await;
    app.message_becomes(&sent.ann, sent.message, "delivered").await;
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 2);
}

async fn a_status_never_goes_back_and_the_first_final_status_stays(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    for (status, code, expected) in [
        ("queued", None, "sent"),
        ("sending", None, "sent"),
        ("delivered", None, "delivered"),
        ("sent", None, "delivered"),
        ("undelivered", Some("30003"), "delivered"),
        ("failed", Some("30005"), "delivered"),
        ("read", None, "delivered"),
    ] {
        app.advance(TimeDelta::minutes(1));
        report(&app, &sid, status, code).await;
        assert_eq!(message(&sent).await["status"], expected, "after {status}");
    }
    let seen = message(&sent).await;
    assert_eq!(seen["error"], Value::Null);
    assert_eq!(seen["sent_at"], "2024-11-25T09:01:00Z");
    assert_eq!(seen["delivered_at"], "2024-11-25T09:04:00Z");
    let seen = sent.ann.conversation(sent.conversation).await;
    assert_eq!((&seen["next_action"], &seen["attention"]), (&json!("customer"), &Value::Null));
}

async fn a_receipt_after_the_closure_updates_the_message(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    assert_eq!(sent.ann.close(sent.conversation).await.status, 201);
    let before = sent.ann.conversation(sent.conversation).await;
    report(&app, &sid, "delivered", None).await;
    assert_eq!(message(&sent).await["status"], "delivered");
    assert_eq!(sent.ann.conversation(sent.conversation).await, before);
}

async fn a_failure_after_the_closure_does_not_change_the_conversation(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    assert_eq!(sent.ann.close(sent.conversation).await.status, 201);
    let before = sent.ann.conversation(sent.conversation).await;
    report(&app, &sid, "undelivered", Some("30004")).await;
    let seen = message(&sent).await;
    assert_eq!((&seen["status"], &seen["error"]["code"]), (&json!("undelivered"), &json!("30004")));
    assert_eq!(sent.ann.conversation(sent.conversation).await, before);
}

async fn a_receipt_for_an_inbound_message_is_ignored(app: TestApp) {
    let text = message_form(&sid(1), STRANGER, crate::support::fixtures::COLLECTIONS_NUMBER, "Hello");
    let response = ApiResponse::to(signed(&app.anonymous, crate::support::gateway::MESSAGES, &text)).await;
    assert_eq!(response.status, 200);
    report(&app, &sid(1), "delivered", None).await;
    report(&app, &sid(1), "failed", Some("30003")).await;
    assert_eq!(app.database.count("messages", "status = 'received'"), 1);
}

async fn unknown_statuses_are_accepted_and_ignored(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    for word in ["receiving", "received", "something-new", "DELIVERED"] {
        report(&app, &sid, word, None).await;
    }
    assert_eq!(message(&sent).await["status"], "sent");
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
    report(&app, &sid, "failed", None).await;
    let seen = message(&sent).await;
    assert_eq!(seen["error"]["text"], "The gateway gave no reason. Try again later.");
}

async fn an_unsigned_receipt_is_refused(app: TestApp) {
    let (sent, sid) = sent_without_receipts(&app).await;
    let form = receipt(&sid, "delivered", None);
    let request = app.anonymous.request(reqwest::Method::POST, STATUS).form(&form);
    ApiResponse::to(request).await.problem(InvalidSignature);
    let mut other = form.clone();
    other[1].1 = "failed".to_owned();
    let url = format!("{}/api/v1{STATUS}", app.anonymous.url);
    let signature = simulator::sign(crate::support::gateway::AUTH_TOKEN, &url, &form);
    let request = app.anonymous.request(reqwest::Method::POST, STATUS).form(&other);
    let request = request.header("X-Twilio-Signature", signature);
    ApiResponse::to(request).await.problem(InvalidSignature);
    assert_eq!(message(&sent).await["status"], "sent");
}

async fn a_receipt_without_a_required_field_is_refused(app: TestApp) {
    for missing in ["MessageSid", "MessageStatus"] {
        let mut form = receipt(&sid(1), "delivered", None);
        form.retain(|(name, _)| name != missing);
        let refused = ApiResponse::to(signed(&app.anonymous, STATUS, &form)).await;
        assert_eq!(refused.fault(ValidationFailed), (missing.to_owned(), "required".to_owned()));
    }
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}
