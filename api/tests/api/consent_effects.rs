//! What the gateway knows of consent, and what becomes of texts that are on their way when a customer opts out.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NumberOptedOut};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, COLLECTIONS_NUMBER, SAM, STRANGER, SUPPORT_NUMBER, stranger},
    gateway::{STATUS, form, signed},
    on_both_databases,
};

on_both_databases![
    a_gateway_that_refuses_because_of_an_opt_out_tells_us_of_it,
    a_receipt_that_says_so_counts_too,
    a_receipt_after_the_closure_is_still_written_down,
    what_the_gateway_tells_twice_is_written_down_once,
    a_refusal_on_top_of_a_stop_still_shows_the_opt_out,
    texts_that_wait_are_withdrawn_when_the_customer_opts_out,
    an_ad_hoc_message_that_waits_is_withdrawn_by_hand,
    texts_to_others_and_from_other_numbers_are_not_withdrawn,
];

/// A reply of Ann's that the gateway has, and its id there; no receipt comes for it but those of the test.
async fn silent(app: &TestApp) -> (Client, i64, String) {
    app.gateway.order(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.replies(conversation, "Hi").await;
    app.message_becomes(&ann, message, "sent").await;
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    (ann, conversation, sid)
}

async fn report_opted_out(app: &TestApp, sid: &str) {
    let receipt = form(&[("MessageSid", sid), ("MessageStatus", "undelivered"), ("ErrorCode", "21610")]);
    assert_eq!(Answer::to(signed(&app.nobody, STATUS, &receipt)).await.status, 204);
}

async fn a_gateway_that_refuses_because_of_an_opt_out_tells_us_of_it(app: TestApp) {
    app.gateway.order(json!({"number": STRANGER, "fault": "error", "code": 21610})).await;
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let message = ann.replies(conversation, "Hi").await;
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "21610");
    let seen = ann.conversation(conversation).await;
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_out",
        "source": "gateway", "by": {"kind": "system", "id": null, "name": null}, "message_id": message,
        "note": null, "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(seen["consent"], expected);
    assert_eq!((&seen["next_action"], &seen["permitted_actions"]), (&json!("agent"), &json!(["close"])));
    assert_eq!(seen["attention"]["code"], "opted_out");
    let problem = ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("the gateway"), "{problem}");
    app.text(STRANGER, "START").await;
    let message = ann.replies(conversation, "Hi").await;
    app.message_becomes(&ann, message, "delivered").await;
}

async fn a_receipt_that_says_so_counts_too(app: TestApp) {
    let (ann, conversation, sid) = silent(&app).await;
    report_opted_out(&app, &sid).await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["consent"]["source"], "gateway");
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert_eq!(seen["permitted_actions"], json!(["close"]));
    assert_eq!(ann.messages(conversation).await[1]["status"], "undelivered");
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
}

async fn a_receipt_after_the_closure_is_still_written_down(app: TestApp) {
    let (ann, conversation, sid) = silent(&app).await;
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

async fn what_the_gateway_tells_twice_is_written_down_once(app: TestApp) {
    let (ann, conversation, sid) = silent(&app).await;
    for _ in 0..3 {
        report_opted_out(&app, &sid).await;
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 1);
    assert_eq!(app.database.count("events", "kind = 'consent_changed'"), 1);
    // One that it tells of an old text, after the customer has opted in, is no news either: the text is settled.
    app.text(STRANGER, "START").await;
    report_opted_out(&app, &sid).await;
    assert_eq!(ann.conversation(conversation).await["consent"]["state"], "opted_in");
}

async fn a_refusal_on_top_of_a_stop_still_shows_the_opt_out(app: TestApp) {
    let (ann, conversation, sid) = silent(&app).await;
    app.text(STRANGER, "STOP").await;
    // The text was at the gateway by then.
    report_opted_out(&app, &sid).await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["attention"]["code"], "opted_out");
    app.text(STRANGER, "START").await;
    assert_eq!(ann.conversation(conversation).await["attention"], Value::Null);
}

async fn texts_that_wait_are_withdrawn_when_the_customer_opts_out(app: TestApp) {
    let busy = json!({"number": STRANGER, "fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.order(busy).await;
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let first = ann.replies(conversation, "One").await;
    app.try_fails(first, 1).await;
    let second = ann.replies(conversation, "Two").await;
    app.text(STRANGER, "STOP").await;
    for message in [first, second] {
        let failed = app.message_becomes(&ann, message, "failed").await;
        assert_eq!(failed["error"]["code"], "21610");
        let told = format!("kind = 'message_status_changed' AND message_id = {message}");
        assert_eq!(app.database.count("events", &told), 1);
    }
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(app.database.count("consents", "1 = 1"), 1, "the texts' failure is no opt-out of its own");
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["consent"]["source"], &seen["consent"]["message_id"]), (&json!("keyword"), &json!(4)));
    assert_eq!((&seen["attention"]["code"], &seen["next_action"]), (&json!("opted_out"), &json!("agent")));
    // They stay withdrawn, also when the customer opts in again.
    app.gateway.clear_faults().await;
    app.text(STRANGER, "START").await;
    app.advance(TimeDelta::minutes(5));
    let third = ann.replies(conversation, "Three").await;
    app.message_becomes(&ann, third, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Three"]);
}

async fn an_ad_hoc_message_that_waits_is_withdrawn_by_hand(app: TestApp) {
    let busy = json!({"number": STRANGER, "fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.order(busy).await;
    let sam = app.signed_in(SAM).await;
    let new = json!({"team_id": 1, "number": STRANGER, "body": "Hi"});
    let begun = sam.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    app.try_fails(1, 1).await;
    let note = json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_out",
        "note": "Told us at the counter."});
    sam.post("/consents", note).await.expect(201);
    app.message_becomes(&sam, 1, "failed").await;
    let seen = sam.conversation(begun).await;
    assert_eq!((&seen["status"], &seen["attention"]["code"]), (&json!("pending"), &json!("opted_out")));
    assert_eq!(seen["consent"]["source"], "manual");
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn texts_to_others_and_from_other_numbers_are_not_withdrawn(app: TestApp) {
    let busy = json!({"fault": "http_429", "retry_after": 60, "times": null});
    app.gateway.order(busy).await;
    let sam = app.signed_in(SAM).await;
    let other = app.text(&stranger(1), "Hello").await;
    let to_other = sam.replies(other, "Hi").await;
    let support = app.text_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let from_support = sam.replies(support, "Hi").await;
    app.try_fails(to_other, 1).await;
    app.try_fails(from_support, 1).await;
    app.text(STRANGER, "STOP").await;
    app.gateway.clear_faults().await;
    for (conversation, message) in [(other, to_other), (support, from_support)] {
        app.as_time_passes(&format!("message {message} was delivered"), async || {
            let messages = sam.messages(conversation).await;
            messages
                .iter()
                .any(|found| found["id"] == message && found["status"] == "delivered")
                .then_some(())
        })
        .await;
    }
}
