//! Changing, cancelling and sending scheduled messages (rule 22).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    ConversationMoved, IdempotencyKeyReused, MessageNotScheduled, MissingPlaceholder, NotFound,
    NumberOptedOut, ValidationFailed,
};

use super::scheduled::{in_ten_minutes, schedule};
use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, CLAIMS_NUMBER, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_changed_message_has_the_new_text_time_and_sender,
    a_change_is_checked_like_a_reply,
    a_changed_held_message_is_scheduled_again,
    a_cancelled_message_leaves_the_thread_and_is_never_sent,
    the_key_of_a_cancelled_message_schedules_nothing_more,
    a_message_is_sent_at_once,
    a_message_sent_at_once_is_checked_like_a_reply,
    a_held_message_is_sent_once_its_sender_has_seen_the_messages,
    a_repeated_request_sends_a_message_once,
    a_sent_message_is_not_scheduled_any_more,
    messages_of_other_teams_are_not_found,
    the_last_of_several_held_messages_removes_the_notice,
    a_message_that_is_cancelled_when_it_is_due_is_either_sent_or_gone,
    a_message_that_is_sent_at_once_when_it_is_due_is_sent_once,
    a_message_that_is_due_when_its_conversation_closes_is_either_sent_or_cancelled,
    the_notice_of_a_held_message_stays_while_another_is_sent,
];

fn path(message: i64) -> String {
    format!("/messages/{message}")
}

async fn send_now(client: &Client, message: i64, body: Value) -> ApiResponse {
    client.post(&format!("/messages/{message}/send_now"), body).await
}

/// Returns a held message and its conversation.
async fn held(app: &TestApp, ann: &Client) -> (i64, i64) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(app, ann, conversation, "Good morning").await;
    app.inbound(STRANGER, "Please wait").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(ann, message, "held").await;
    (message, conversation)
}

async fn a_changed_message_has_the_new_text_time_and_sender(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    let body = "ж".repeat(100);
    let change = json!({"body": body, "send_at": app.clock.now() + TimeDelta::minutes(10)});
    let changed = bo.put(&path(message), change).await.expect(200);
    assert_eq!(changed, ann.messages(conversation).await[1]);
    assert_eq!((&changed["body"], &changed["status"]), (&json!(body), &json!("scheduled")));
    assert_eq!((&changed["segments"], &changed["encoding"]), (&json!(2), &json!("ucs2")));
    assert_eq!(
        (&changed["send_at"], &changed["sender"]["id"]),
        (&json!("2024-11-25T09:10:00Z"), &json!(BO.1))
    );
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, [body]);
    assert_eq!(ann.conversation(conversation).await["assigned_to"]["id"], BO.1);
}

async fn a_change_is_checked_like_a_reply(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    let before = ann.messages(conversation).await;
    let at = |wait: i64| app.clock.now() + TimeDelta::minutes(wait);
    let change = async |body: &str, send_at, seen: Option<i64>| {
        let change = json!({"body": body, "send_at": send_at, "last_seen_message_id": seen});
        ann.put(&path(message), change).await
    };
    change("Hi {{name}}", at(1), None).await.problem(MissingPlaceholder);
    assert_eq!(change("", at(1), None).await.fault(ValidationFailed).0, "body");
    assert_eq!(
        change("Hi", at(0), None).await.fault(ValidationFailed),
        ("send_at".into(), "in_the_past".into())
    );
    let moved = change("Hi", at(1), Some(0)).await.problem(ConversationMoved);
    assert_eq!(moved["messages"][0]["body"], "Hello");
    assert_eq!(ann.put(&path(message), json!({"body": "Hi"})).await.status, 400);
    ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    change("Hi", at(1), None).await.problem(NumberOptedOut);
    assert_eq!(ann.messages(conversation).await, before);
}

async fn a_changed_held_message_is_scheduled_again(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let (message, conversation) = held(&app, &ann).await;
    let change = json!({"body": "Sorry", "send_at": app.clock.now() + TimeDelta::minutes(1)});
    assert_eq!(ann.put(&path(message), change).await.expect(200)["status"], "scheduled");
    assert_eq!(ann.conversation(conversation).await["attention"], Value::Null);
    app.advance(TimeDelta::minutes(1));
    app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Sorry"]);
}

async fn a_cancelled_message_leaves_the_thread_and_is_never_sent(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    let other = in_ten_minutes(&app, &ann, conversation, "Good night").await;
    bo.delete(&path(message)).await.no_content();
    assert_eq!(ann.messages(conversation).await.len(), 2);
    bo.delete(&path(message)).await.problem(NotFound);
    send_now(&ann, message, json!({})).await.problem(NotFound);
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, other, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good night"]);
    let cancelled = format!("kind = 'message_cancelled' AND message_id = {message}");
    assert_eq!(app.database.count("events", &cancelled), 1);
}

async fn the_key_of_a_cancelled_message_schedules_nothing_more(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let body = json!({"body": "Oops", "send_at": app.clock.now() + TimeDelta::seconds(5)});
    let send = async || {
        let path = format!("/conversations/{conversation}/messages");
        ApiResponse::to(ann.request(Method::POST, &path).header("Idempotency-Key", "k1").json(&body)).await
    };
    let message = send().await.expect(201)["id"].as_i64().unwrap();
    ann.delete(&path(message)).await.no_content();
    // The request of a lost connection arrives again.
    send().await.problem(IdempotencyKeyReused);
    assert_eq!(ann.messages(conversation).await.len(), 1);
}

async fn a_message_is_sent_at_once(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    app.advance(TimeDelta::minutes(1));
    // The body can be left out.
    let request = bo.request(Method::POST, &format!("/messages/{message}/send_now"));
    let sent = ApiResponse::to(request).await.expect(200);
    assert_eq!((&sent["status"], &sent["created_at"]), (&json!("queued"), &json!("2024-11-25T09:01:00Z")));
    assert_eq!(sent["sender"]["id"], ANN.1);
    app.message_becomes(&ann, message, "delivered").await;
    let detail = ann.conversation(conversation).await;
    assert_eq!((&detail["next_action"], &detail["assigned_to"]["id"]), (&json!("customer"), &json!(BO.1)));
    app.advance(TimeDelta::minutes(10));
    let later = ann.create_reply(conversation, "Good night").await;
    app.message_becomes(&ann, later, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning", "Good night"]);
}

async fn a_message_sent_at_once_is_checked_like_a_reply(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    send_now(&ann, message, json!({"last_seen_message_id": 0})).await.problem(ConversationMoved);
    ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    send_now(&ann, message, json!({})).await.problem(NumberOptedOut);
    assert_eq!(send_now(&ann, message, json!({"last_seen_message_id": "x"})).await.status, 400);
    assert_eq!(ann.messages(conversation).await[1]["status"], "scheduled");
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn a_held_message_is_sent_once_its_sender_has_seen_the_messages(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let (message, conversation) = held(&app, &ann).await;
    let moved =
        send_now(&ann, message, json!({"last_seen_message_id": message})).await.problem(ConversationMoved);
    let newest = &moved["messages"][0];
    assert_eq!(newest["body"], "Please wait");
    send_now(&ann, message, json!({"last_seen_message_id": newest["id"]})).await.expect(200);
    app.message_becomes(&ann, message, "delivered").await;
    let detail = ann.conversation(conversation).await;
    assert_eq!((&detail["next_action"], &detail["attention"]), (&json!("customer"), &Value::Null));
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning"]);
}

async fn a_repeated_request_sends_a_message_once(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &ann, conversation, "Good morning").await;
    let other = in_ten_minutes(&app, &ann, conversation, "Good night").await;
    let send = async |message: i64| {
        let path = format!("/messages/{message}/send_now");
        let request = ann.request(Method::POST, &path).header("Idempotency-Key", "k1").json(&json!({}));
        ApiResponse::to(request).await
    };
    let first = send(message).await.expect(200);
    let again = send(message).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    send(other).await.problem(IdempotencyKeyReused);
    app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning"]);
}

async fn a_sent_message_is_not_scheduled_any_more(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let reply = ann.create_reply(conversation, "Good morning").await;
    let inbound = ann.messages(conversation).await[0]["id"].as_i64().unwrap();
    let change = json!({"body": "Good night", "send_at": app.clock.now() + TimeDelta::minutes(10)});
    for message in [reply, inbound] {
        ann.put(&path(message), change.clone()).await.problem(MessageNotScheduled);
        ann.delete(&path(message)).await.problem(MessageNotScheduled);
        send_now(&ann, message, json!({})).await.problem(MessageNotScheduled);
    }
    assert_eq!(ann.messages(conversation).await.len(), 2);
}

async fn messages_of_other_teams_are_not_found(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let conversation = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let message = in_ten_minutes(&app, &admin, conversation, "Good morning").await;
    let change = json!({"body": "Good night", "send_at": app.clock.now() + TimeDelta::minutes(10)});
    for message in [message, 4711] {
        ann.put(&path(message), change.clone()).await.problem(NotFound);
        ann.delete(&path(message)).await.problem(NotFound);
        send_now(&ann, message, json!({})).await.problem(NotFound);
    }
    assert_eq!(admin.messages(conversation).await[1]["body"], "Good morning");
}

async fn the_last_of_several_held_messages_removes_the_notice(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let first = in_ten_minutes(&app, &ann, conversation, "First").await;
    let second = in_ten_minutes(&app, &ann, conversation, "Second").await;
    app.inbound(STRANGER, "Wait").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, first, "held").await;
    app.message_becomes(&ann, second, "held").await;
    ann.delete(&path(first)).await.no_content();
    assert_eq!(ann.conversation(conversation).await["attention"]["code"], "message_held");
    ann.delete(&path(second)).await.no_content();
    let detail = ann.conversation(conversation).await;
    assert_eq!((&detail["attention"], &detail["next_action"]), (&Value::Null, &json!("agent")));
}

async fn a_message_that_is_cancelled_when_it_is_due_is_either_sent_or_gone(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..10 {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let wait = TimeDelta::seconds(5);
        let scheduled = schedule(&app, &ann, conversation, "Oops", wait).await.expect(201);
        let message = scheduled["id"].as_i64().unwrap();
        app.advance(wait);
        let cancelled = ann.delete(&path(message)).await;
        let last = ann.create_reply(conversation, "Last").await;
        app.message_becomes(&ann, last, "delivered").await;
        let sent = app.gateway.bodies_sent_to(&number).await;
        match cancelled.status {
            204 => assert_eq!(sent, ["Last"]),
            _ => {
                cancelled.problem(MessageNotScheduled);
                assert_eq!(sent, ["Oops", "Last"]);
            }
        }
    }
}

async fn a_message_that_is_sent_at_once_when_it_is_due_is_sent_once(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..10 {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let wait = TimeDelta::seconds(5);
        let scheduled = schedule(&app, &ann, conversation, "Once", wait).await.expect(201);
        let message = scheduled["id"].as_i64().unwrap();
        app.advance(wait);
        let (one, two) = tokio::join!(send_now(&ann, message, json!({})), send_now(&ann, message, json!({})));
        assert!([one.status, two.status].iter().filter(|status| **status == 200).count() <= 1);
        let last = ann.create_reply(conversation, "Last").await;
        app.message_becomes(&ann, last, "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&number).await, ["Once", "Last"]);
    }
}

async fn a_message_that_is_due_when_its_conversation_closes_is_either_sent_or_cancelled(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..10 {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let wait = TimeDelta::seconds(5);
        schedule(&app, &ann, conversation, "Goodbye", wait).await.expect(201);
        app.advance(wait);
        let closed = ann.close(conversation).await.expect(201);
        let next = app.inbound(&number, "Me again").await;
        let last = ann.create_reply(next, "Last").await;
        app.message_becomes(&ann, last, "delivered").await;
        let sent = app.gateway.bodies_sent_to(&number).await;
        match closed["closure"]["cancelled_messages"].as_i64().unwrap() {
            0 => assert_eq!(sent, ["Goodbye", "Last"]),
            _ => assert_eq!(sent, ["Last"]),
        }
    }
    assert_eq!(app.database.count("scheduled_messages", "1 = 1"), 0);
}

async fn the_notice_of_a_held_message_stays_while_another_is_sent(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let first = in_ten_minutes(&app, &ann, conversation, "First").await;
    let second = in_ten_minutes(&app, &ann, conversation, "Second").await;
    app.inbound(STRANGER, "Please wait").await;
    app.advance(TimeDelta::minutes(10));
    app.message_becomes(&ann, first, "held").await;
    app.message_becomes(&ann, second, "held").await;
    let notice = async || ann.conversation(conversation).await["attention"]["code"].clone();
    send_now(&ann, first, json!({})).await.expect(200);
    assert_eq!(notice().await, "message_held");
    ann.create_reply(conversation, "Of course").await;
    assert_eq!(notice().await, "message_held");
    send_now(&ann, second, json!({})).await.expect(200);
    assert_eq!(notice().await, Value::Null);
}
