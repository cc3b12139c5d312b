//! Opt-outs that the gateway reports, and their effect on messages that wait to be sent.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NumberOptedOut};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, SAM, STRANGER, SUPPORT_NUMBER, stranger},
    gateway::{STATUS, form, signed},
    on_both_databases,
};

on_both_databases![
    a_refusal_by_the_gateway_because_of_an_opt_out_is_recorded,
    a_receipt_with_the_opt_out_error_is_recorded,
    an_opt_out_in_a_receipt_after_the_closure_is_recorded,
    a_repeated_opt_out_report_is_recorded_once,
    an_opt_out_report_after_a_stop_keeps_the_attention,
    waiting_messages_are_withdrawn_when_the_customer_opts_out,
    a_manual_opt_out_withdraws_a_waiting_ad_hoc_message,
    an_opt_out_withdraws_no_messages_to_or_from_other_numbers,
];

/// Sends a reply of Ann's of which the gateway sends no receipts; returns its gateway id.
async fn reply_without_receipts(app: &TestApp) -> (Client, i64, String) {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, message, "sent").await;
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    (ann, conversation, sid)
}

async fn report_opted_out(app: &TestApp, sid: &str) {
    let receipt = form(&[("MessageSid", sid), ("MessageStatus", "undelivered"), ("ErrorCode", "21610")]);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &receipt)).await.status, 204);
}

async fn a_refusal_by_the_gateway_because_of_an_opt_out_is_recorded(app: TestApp) {
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "error", "code": 21610})).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let message = ann.create_reply(conversation, "Hi").await;
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "21610");
    let seen = ann.conversation(conversation).await;
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_out",
        "source": "gateway", "by": {"kind": "system", "id": null, "name": null}, "message_id": message,
        "note": null, "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(seen["consent"], expected);
    assert_eq!(
        (&seen["next_action"], &seen["permitted_actions"]),
        (&json!("agent"), &json!(["close", "assign", "tag", "snooze"]))
    );
    assert_eq!(seen["attention"]["code"], "opted_out");
    let problem = ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("the gateway"), "{problem}");
    app.inbound(STRANGER, "START").await;
    let message = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, message, "delivered").await;
}

async fn a_receipt_with_the_opt_out_error_is_recorded(app: TestApp) {
    let (ann, conversation, sid) = reply_without_receipts(&app).await;
    report_opted_out(&app, &sid).await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["consent"]["source"], "gateway");
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert_eq!(seen["permitted_actions"], json!(["close", "assign", "tag", "snooze"]));
    assert_eq!(ann.messages(conversation).await[1]["status"], "undelivered");
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
}

async fn an_opt_out_in_a_receipt_after_the_closure_is_recorded(app: TestApp) {
    let (ann, conversation, sid) = reply_without_receipts(&app).await;
    ann.close(conversation).await.expect(201);
    let before = ann.conversation(conversation).await;
    report_opted_out(&app, &sid).await;
    let mut after = ann.conversation(conversation).await;
    assert_eq!(after["consent"]["state"], "opted_out");
    after["consent"] = Value::Null;
    assert_eq!(after, before);
    ann.reply(conversation, "Hi").await.problem(ConversationClosed);
    let sam = app.signed_in(SAM).await;
    let new = json!({"team_id": 1, "number": STRANGER, "body": "Hi"});
    sam.post("/conversations", new).await.problem(NumberOptedOut);
}

async fn a_repeated_opt_out_report_is_recorded_once(app: TestApp) {
    let (ann, conversation, sid) = reply_without_receipts(&app).await;
    for _ in 0..3 {
        report_opted_out(&app, &sid).await;
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 1);
    assert_eq!(app.database.count("events", "kind = 'consent_changed'"), 1);
    // A repeated report about an old message does not undo a later opt-in, because the message is already final.
    app.inbound(STRANGER, "START").await;
    report_opted_out(&app, &sid).await;
    assert_eq!(ann.conversation(conversation).await["consent"]["state"], "opted_in");
}

async fn an_opt_out_report_after_a_stop_keeps_the_attention(app: TestApp) {
    let (ann, conversation, sid) = reply_without_receipts(&app).await;
    app.inbound(STRANGER, "STOP").await;
    // The gateway accepted the message before the STOP.
    report_opted_out(&app, &sid).await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["attention"]["code"], "opted_out");
    app.inbound(STRANGER, "START").await;
    assert_eq!(ann.conversation(conversation).await["attention"], Value::Null);
}

async fn waiting_messages_are_withdrawn_when_the_customer_opts_out(app: TestApp) {
    let busy = json!({"number": STRANGER, "fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.inject_fault(busy).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let first = ann.create_reply(conversation, "One").await;
    app.attempt_fails(first, 1).await;
    let second = ann.create_reply(conversation, "Two").await;
    app.inbound(STRANGER, "STOP").await;
    for message in [first, second] {
        let failed = app.message_becomes(&ann, message, "failed").await;
        assert_eq!(failed["error"]["code"], "21610");
        let status_events = format!("kind = 'message_failed' AND message_id = {message}");
        assert_eq!(app.database.count("events", &status_events), 1);
    }
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(app.database.count("consents", "1 = 1"), 1, "the failed messages record no further opt-out");
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["consent"]["source"], &seen["consent"]["message_id"]), (&json!("keyword"), &json!(4)));
    assert_eq!((&seen["attention"]["code"], &seen["next_action"]), (&json!("opted_out"), &json!("agent")));
    // Withdrawn messages stay withdrawn when the customer opts in again.
    app.gateway.clear_faults().await;
    app.inbound(STRANGER, "START").await;
    app.advance(TimeDelta::minutes(5));
    let third = ann.create_reply(conversation, "Three").await;
    app.message_becomes(&ann, third, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Three"]);
}

async fn a_manual_opt_out_withdraws_a_waiting_ad_hoc_message(app: TestApp) {
    let busy = json!({"number": STRANGER, "fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.inject_fault(busy).await;
    let sam = app.signed_in(SAM).await;
    let new = json!({"team_id": 1, "number": STRANGER, "body": "Hi"});
    let started = sam.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    app.attempt_fails(1, 1).await;
    let note = json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_out",
        "note": "Told us at the counter."});
    sam.post("/consents", note).await.expect(201);
    app.message_becomes(&sam, 1, "failed").await;
    let seen = sam.conversation(started).await;
    assert_eq!((&seen["status"], &seen["attention"]["code"]), (&json!("pending"), &json!("opted_out")));
    assert_eq!(seen["consent"]["source"], "manual");
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn an_opt_out_withdraws_no_messages_to_or_from_other_numbers(app: TestApp) {
    let busy = json!({"fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.inject_fault(busy).await;
    let sam = app.signed_in(SAM).await;
    let other = app.inbound(&stranger(1), "Hello").await;
    let to_other = sam.create_reply(other, "Hi").await;
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let from_support = sam.create_reply(support, "Hi").await;
    app.attempt_fails(to_other, 1).await;
    app.attempt_fails(from_support, 1).await;
    app.inbound(STRANGER, "STOP").await;
    app.gateway.clear_faults().await;
    for (conversation, message) in [(other, to_other), (support, from_support)] {
        app.advance_until(&format!("message {message} was delivered"), async || {
            let messages = sam.messages(conversation).await;
            messages
                .iter()
                .any(|found| found["id"] == message && found["status"] == "delivered")
                .then_some(())
        })
        .await;
    }
}
