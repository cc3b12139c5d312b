//! Scheduled messages (rule 22): what happens until their time, and when it comes.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NumberOptedOut, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp, eventually,
    fixtures::{ANN, BO, COLLECTIONS_NUMBER, SAM, STRANGER, stranger},
    gateway::{STATUS, form, signed},
    on_both_databases,
};

on_both_databases![
    a_scheduled_message_waits_in_the_thread_and_changes_nothing_else,
    a_message_is_sent_like_a_reply_when_its_time_comes,
    a_message_is_held_if_the_customer_writes_after_it_was_scheduled,
    the_reply_of_a_colleague_does_not_hold_a_scheduled_message,
    a_message_fails_if_the_customer_has_opted_out,
    a_message_fails_and_is_not_held_if_the_customer_wrote_stop,
    the_closure_of_a_conversation_cancels_its_scheduled_messages,
    a_message_is_scheduled_for_a_time_within_a_year,
    a_message_that_cannot_be_sent_cannot_be_scheduled,
    a_repeated_request_schedules_one_message,
    a_scheduled_message_is_not_the_last_reply,
    a_scheduled_message_holds_no_reply,
    a_conversation_is_not_assigned_to_an_author_who_has_left,
    a_message_of_a_pending_conversation_can_be_scheduled,
    messages_to_one_number_are_sent_in_the_order_in_which_they_were_queued,
    two_servers_send_each_scheduled_message_once,
];

/// Schedules a message in `wait` from now.
pub(super) async fn schedule(
    app: &TestApp,
    client: &Client,
    conversation: i64,
    body: &str,
    wait: TimeDelta,
) -> ApiResponse {
    let send_at = app.clock.now() + wait;
    client
        .post(&format!("/conversations/{conversation}/messages"), json!({"body": body, "send_at": send_at}))
        .await
}

/// Schedules a message in ten minutes and returns its id.
pub(super) async fn in_ten_minutes(app: &TestApp, client: &Client, conversation: i64, body: &str) -> i64 {
    let scheduled = schedule(app, client, conversation, body, TimeDelta::minutes(10)).await.expect(201);
    scheduled["id"].as_i64().unwrap()
}

/// Returns what a scheduled message must not change.
async fn state(client: &Client, conversation: i64) -> Value {
    let detail = client.conversation(conversation).await;
    json!([
        detail["next_action"],
        detail["waiting_since"],
        detail["assigned_to"],
        detail["unread"],
        detail["attention"],
        detail["last_message_at"]
    ])
}

async fn a_scheduled_message_waits_in_the_thread_and_changes_nothing_else(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let before = state(&ann, conversation).await;
    let scheduled =
        schedule(&app, &ann, conversation, "Good morning", TimeDelta::minutes(10)).await.expect(201);
    let expected = json!({
        "id": scheduled["id"], "conversation_id": conversation, "direction": "outbound",
        "sender": {"kind": "account", "id": ANN.1, "name": "Ann"}, "body": "Good morning", "media": [],
        "segments": 1, "encoding": "gsm7", "status": "scheduled", "error": null,
        "created_at": "2024-11-25T09:10:00Z", "send_at": "2024-11-25T09:10:00Z", "sent_at": null,
        "delivered_at": null, "template_id": null, "recovered": false, "mentions": [],
    });
    assert_eq!(scheduled, expected);
    // A message of an earlier time is sent meanwhile.
    app.advance(TimeDelta::minutes(1));
    let early = schedule(&app, &ann, conversation, "Early", TimeDelta::minutes(1)).await.expect(201);
    assert_eq!(state(&ann, conversation).await, before);
    app.advance(TimeDelta::minutes(1));
    app.message_becomes(&ann, early["id"].as_i64().unwrap(), "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Early"]);
    let thread = ann.messages(conversation).await;
    assert_eq!(
        thread.iter().map(|message| &message["body"]).collect::<Vec<_>>(),
        ["Hello", "Early", "Good morning"]
    );
    assert_eq!(thread[2], expected);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(app.database.count("events", "kind = 'message_scheduled'"), 2);
}

async fn a_message_is_sent_like_a_reply_when_its_time_comes(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    app.advance(TimeDelta::minutes(10));
    let sent = app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(
        (&sent["created_at"], &sent["send_at"]),
        (&json!("2024-11-25T09:10:00Z"), &sent["created_at"])
    );
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning"]);
    let detail = ann.conversation(conversation).await;
    assert_eq!((&detail["next_action"], &detail["unread"]), (&json!("customer"), &json!(0)));
    assert_eq!(
        (&detail["assigned_to"]["id"], &detail["waiting_since"]),
        (&json!(ANN.1), &sent["created_at"])
    );
    let queued = format!("kind = 'message_queued' AND message_id = {message}");
    assert_eq!(app.database.count("events", &queued), 1);
    assert_eq!(app.database.count("scheduled_messages", "1 = 1"), 0);
}

async fn a_message_is_held_if_the_customer_writes_after_it_was_scheduled(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Shall we call you?").await;
    app.advance(TimeDelta::minutes(5));
    app.inbound(STRANGER, "Please do not call").await;
    // The answer of a colleague does not release it.
    let answer = bo.create_reply(conversation, "We will not").await;
    app.message_becomes(&bo, answer, "delivered").await;
    assert_eq!(ann.conversation(conversation).await["next_action"], "customer");
    app.advance(TimeDelta::minutes(5));
    app.message_becomes(&ann, message, "held").await;
    let detail = ann.conversation(conversation).await;
    assert_eq!(
        (&detail["next_action"], &detail["attention"]["code"]),
        (&json!("agent"), &json!("message_held"))
    );
    assert_eq!(detail["waiting_since"], "2024-11-25T09:10:00Z");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["We will not"]);
    assert_eq!(app.database.count("events", &format!("kind = 'message_held' AND message_id = {message}")), 1);
}

async fn the_reply_of_a_colleague_does_not_hold_a_scheduled_message(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Did the letter arrive?").await;
    bo.create_reply(conversation, "We have sent a letter").await;
    let note = format!("/conversations/{conversation}/notes");
    bo.post(&note, json!({"body": "Letter of the 25th"})).await.expect(201);
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, message, "delivered").await;
    let sent = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(sent, ["We have sent a letter", "Did the letter arrive?"]);
    // The conversation stays with the colleague.
    assert_eq!(ann.conversation(conversation).await["assigned_to"]["id"], BO.1);
}

async fn a_message_fails_if_the_customer_has_opted_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    app.advance(TimeDelta::minutes(10));
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "21610");
    let detail = ann.conversation(conversation).await;
    assert_eq!(
        (&detail["next_action"], &detail["attention"]["code"]),
        (&json!("agent"), &json!("opted_out"))
    );
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn a_message_fails_and_is_not_held_if_the_customer_wrote_stop(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    app.inbound(STRANGER, "STOP").await;
    app.advance(TimeDelta::minutes(10));
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "21610");
    assert_eq!(app.database.count("events", "kind = 'message_held'"), 0);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn the_closure_of_a_conversation_cancels_its_scheduled_messages(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let held = in_ten_minutes(&app, &ann, conversation, "First").await;
    app.inbound(STRANGER, "Wait").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, held, "held").await;
    let ann = app.signed_in(ANN).await;
    in_ten_minutes(&app, &ann, conversation, "Second").await;
    let closed = ann.close(conversation).await.expect(201);
    assert_eq!(closed["closure"]["cancelled_messages"], 2);
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["closure"], &seen["attention"]), (&closed["closure"], &Value::Null));
    assert_eq!(ann.messages(conversation).await.len(), 2, "only the customer's messages are left");
    let other = app.inbound(&stranger(1), "Hello").await;
    let later = in_ten_minutes(&app, &ann, other, "Later").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, later, "delivered").await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    assert_eq!(app.database.count("events", "kind = 'message_cancelled'"), 2);
}

async fn a_message_is_scheduled_for_a_time_within_a_year(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    for (wait, code) in [
        (TimeDelta::zero(), "in_the_past"),
        (TimeDelta::hours(-1), "in_the_past"),
        (TimeDelta::days(367), "too_far"),
    ] {
        let refused = schedule(&app, &ann, conversation, "Hello", wait).await;
        assert_eq!(refused.fault(ValidationFailed), ("send_at".into(), code.into()));
    }
    let path = format!("/conversations/{conversation}/messages");
    assert_eq!(ann.post(&path, json!({"body": "Hello", "send_at": "tomorrow"})).await.status, 400);
    assert_eq!(ann.messages(conversation).await.len(), 1);
    schedule(&app, &ann, conversation, "Hello", TimeDelta::days(365)).await.expect(201);
}

async fn a_message_that_cannot_be_sent_cannot_be_scheduled(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let wait = TimeDelta::minutes(10);
    let empty = schedule(&app, &ann, conversation, " ", wait).await;
    assert_eq!(empty.fault(ValidationFailed), ("body".into(), "required".into()));
    ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    schedule(&app, &ann, conversation, "Hello", wait).await.problem(NumberOptedOut);
    assert_eq!(ann.close(conversation).await.status, 201);
    schedule(&app, &ann, conversation, "Hello", wait).await.problem(ConversationClosed);
}

async fn a_repeated_request_schedules_one_message(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let body = json!({"body": "Good morning", "send_at": app.clock.now() + TimeDelta::seconds(5)});
    let send = async || {
        let path = format!("/conversations/{conversation}/messages");
        let request = ann.request(Method::POST, &path).header("Idempotency-Key", "k1").json(&body);
        ApiResponse::to(request).await
    };
    let first = send().await.expect(201);
    assert_eq!(send().await.expect(201), first);
    app.advance(TimeDelta::seconds(5));
    app.message_becomes(&ann, first["id"].as_i64().unwrap(), "delivered").await;
    // Its time is past, and the message was sent: the request is still answered.
    let last = send().await;
    assert_eq!(last.header("idempotency-replayed"), Some("true"));
    assert_eq!(last.expect(201)["status"], "delivered");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning"]);
}

async fn a_scheduled_message_is_not_the_last_reply(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let reply = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, reply, "sent").await;
    in_ten_minutes(&app, &ann, conversation, "Good night").await;
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    let receipt = form(&[("MessageSid", &sid), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &receipt)).await.status, 204);
    let detail = ann.conversation(conversation).await;
    assert_eq!(
        (&detail["next_action"], &detail["attention"]["code"]),
        (&json!("agent"), &json!("not_delivered"))
    );
}

async fn a_scheduled_message_holds_no_reply(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    let reply = json!({"body": "Good afternoon", "last_seen_message_id": seen});
    bo.post(&format!("/conversations/{conversation}/messages"), reply).await.expect(201);
}

async fn a_conversation_is_not_assigned_to_an_author_who_has_left(app: TestApp) {
    let (ann, sam) = (app.signed_in(ANN).await, app.signed_in(SAM).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    app.disable(ANN);
    app.advance(TimeDelta::minutes(10));
    let sent = app.message_becomes(&sam, message, "delivered").await;
    assert_eq!(sent["sender"]["name"], "Ann");
    assert_eq!(sam.conversation(conversation).await["assigned_to"], Value::Null);
}

async fn a_message_of_a_pending_conversation_can_be_scheduled(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let new = json!({"team_id": 1, "number": STRANGER, "from": COLLECTIONS_NUMBER, "body": "Hello"});
    let conversation = sam.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    let message = in_ten_minutes(&app, &sam, conversation, "Are you there?").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&sam, message, "delivered").await;
    let detail = sam.conversation(conversation).await;
    assert_eq!((&detail["status"], &detail["assigned_to"]), (&json!("pending"), &Value::Null));
}

async fn messages_to_one_number_are_sent_in_the_order_in_which_they_were_queued(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    // Written first, and due last.
    schedule(&app, &ann, conversation, "Fourth", TimeDelta::minutes(12)).await.expect(201);
    in_ten_minutes(&app, &ann, conversation, "Second").await;
    in_ten_minutes(&app, &ann, conversation, "Third").await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 900})).await;
    let first = ann.create_reply(conversation, "First").await;
    app.attempt_fails(first, 1).await;
    app.advance(TimeDelta::minutes(10));
    eventually("the scheduled messages were queued", async || {
        (app.database.count("outbox", "1 = 1") == 3).then_some(())
    })
    .await;
    app.advance(TimeDelta::minutes(2));
    eventually("the last scheduled message was queued", async || {
        (app.database.count("outbox", "1 = 1") == 4).then_some(())
    })
    .await;
    let last = ann.create_reply(conversation, "Last").await;
    app.advance(TimeDelta::minutes(5));
    let ann = app.signed_in(ANN).await;
    app.message_becomes(&ann, last, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["First", "Second", "Third", "Fourth", "Last"]);
}

async fn two_servers_send_each_scheduled_message_once(app: TestApp) {
    let replica = app.replica(|_| {});
    let ann = app.signed_in(ANN).await;
    let mut messages = Vec::new();
    for n in 0..20 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        messages.push(in_ten_minutes(&app, &ann, conversation, "Good morning").await);
    }
    app.advance(TimeDelta::minutes(10));
    let bo = replica.signed_in(BO).await;
    for message in messages {
        app.message_becomes(&bo, message, "delivered").await;
    }
    let sent = app.gateway.ledger().await;
    let bodies = sent.iter().filter(|text| text["body"] == "Good morning").count();
    assert_eq!(bodies, 20);
    assert_eq!(app.database.count("events", "kind = 'message_queued'"), 20);
    eventually("the outbox was empty", async || (app.database.count("outbox", "1 = 1") == 0).then_some(()))
        .await;
}
