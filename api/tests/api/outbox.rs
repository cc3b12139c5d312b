//! Texts on their way to the gateway: whatever goes wrong there, each arrives once or is told to have failed. The
//! simulator's ledger is the proof.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_text_is_sent_from_the_teams_number_with_where_to_report,
    too_many_requests_are_tried_again_when_the_gateway_asked_for,
    a_text_that_was_accepted_but_not_answered_is_found_and_not_sent_again,
    of_two_like_texts_each_is_found_as_its_own,
    a_text_that_never_reached_the_gateway_is_sent_once,
    a_gateway_that_fails_is_asked_before_a_text_is_sent_again,
    a_text_stays_unknown_while_the_gateways_list_cannot_be_read,
    texts_to_one_number_keep_their_order,
    a_text_that_waits_holds_up_no_other_number,
    a_gateway_that_refuses_our_credentials_stops_the_outbox_until_it_knows_us,
    what_a_desk_held_that_is_gone_is_looked_up_and_sent_by_another,
    two_desks_on_one_database_send_each_text_once,
    a_text_outlives_the_closure_of_its_conversation,
];

/// A conversation with somebody who has written to Collections.
async fn conversation(app: &TestApp, number: &str) -> (Client, i64) {
    (app.signed_in(ANN).await, app.text(number, "Hello").await)
}

/// Waits, turning the clock, until the message has this status.
async fn becomes(app: &TestApp, reader: &Client, conversation: i64, message: i64, status: &str) {
    app.as_time_passes(&format!("message {message} was {status}"), async || {
        let messages = reader.messages(conversation).await;
        messages.iter().any(|found| found["id"] == message && found["status"] == status).then_some(())
    })
    .await;
}

async fn a_text_is_sent_from_the_teams_number_with_where_to_report(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    let body = "Ω & + % = \u{1f600}\nnext line";
    let message = ann.replies(conversation, body).await;
    app.message_becomes(&ann, message, "delivered").await;
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["from"], COLLECTIONS_NUMBER);
    assert_eq!(sent[0]["body"], body);
    let callback = format!("{}/api/v1/webhooks/twilio/status", app.nobody.url);
    assert_eq!(sent[0]["status_callback"], callback);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    let sid = sent[0]["sid"].as_str().unwrap();
    assert_eq!(app.database.count("messages", &format!("gateway_id = '{sid}'")), 1);
}

async fn too_many_requests_are_tried_again_when_the_gateway_asked_for(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 120})).await;
    let message = ann.replies(conversation, "Patience").await;
    app.try_fails(message, 1).await;
    let due = crate::support::database::moment(app.database.kind, app.clock.now() + TimeDelta::seconds(120));
    let waits = format!("message_id = {message} AND due_at = {due} AND unknown_since IS NULL");
    assert_eq!(app.database.count("outbox", &waits), 1);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    assert_eq!(ann.messages(conversation).await[1]["status"], "sending");

    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Patience"]);
    assert!(app.clock.now() >= crate::support::fixtures::start() + TimeDelta::seconds(120));
}

async fn a_text_that_was_accepted_but_not_answered_is_found_and_not_sent_again(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "reset_after_accept"})).await;
    let message = ann.replies(conversation, "Only once").await;
    app.try_fails(message, 1).await;
    assert_eq!(app.database.count("outbox", "unknown_since IS NOT NULL"), 1);
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Only once"]);
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].clone();
    let known = format!("id = {message} AND gateway_id = '{}'", sid.as_str().unwrap());
    assert_eq!(app.database.count("messages", &known), 1);
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0, "they were taken in");
}

async fn of_two_like_texts_each_is_found_as_its_own(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "reset_after_accept", "times": 2})).await;
    let first = ann.replies(conversation, "Yes").await;
    let second = ann.replies(conversation, "Yes").await;
    becomes(&app, &ann, conversation, first, "delivered").await;
    becomes(&app, &ann, conversation, second, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Yes", "Yes"]);
    let ids = app
        .database
        .words("SELECT gateway_id AS value FROM messages WHERE direction = 'outbound' ORDER BY id");
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(ids, [sent[0]["sid"].as_str().unwrap(), sent[1]["sid"].as_str().unwrap()]);
}

async fn a_text_that_never_reached_the_gateway_is_sent_once(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "reset_before_accept", "times": 2})).await;
    let message = ann.replies(conversation, "Third time lucky").await;
    app.try_fails(message, 1).await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Third time lucky"]);
}

async fn a_gateway_that_fails_is_asked_before_a_text_is_sent_again(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_500", "times": 3})).await;
    let message = ann.replies(conversation, "Get well soon").await;
    app.try_fails(message, 1).await;
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Get well soon"]);
}

async fn a_text_stays_unknown_while_the_gateways_list_cannot_be_read(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "reset_after_accept"})).await;
    app.gateway.order(json!({"fault": "http_500", "on": "read", "times": 2})).await;
    let message = ann.replies(conversation, "Only once").await;
    app.try_fails(message, 1).await;
    for attempts in 2..=3 {
        let waits = format!("message_id = {message} AND held_until IS NULL AND attempts = {attempts}");
        app.as_time_passes("the look-up failed", async || {
            (app.database.count("outbox", &waits) == 1).then_some(())
        })
        .await;
        assert_eq!(ann.messages(conversation).await[1]["status"], "sending");
        assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
    }
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
}

async fn texts_to_one_number_keep_their_order(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 5})).await;
    let mut last = 0;
    for n in 1..=5 {
        last = ann.replies(conversation, &format!("Text {n}")).await;
    }
    becomes(&app, &ann, conversation, last, "delivered").await;
    let expected: Vec<String> = (1..=5).map(|n| format!("Text {n}")).collect();
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, expected);
}

async fn a_text_that_waits_holds_up_no_other_number(app: TestApp) {
    let (ann, waiting) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 600})).await;
    let late = ann.replies(waiting, "Later").await;
    app.try_fails(late, 1).await;
    for n in 0..5 {
        let conversation = app.text(&stranger(n), "Hello").await;
        let message = ann.replies(conversation, "Now").await;
        app.message_becomes(&ann, message, "delivered").await;
    }
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn a_gateway_that_refuses_our_credentials_stops_the_outbox_until_it_knows_us(app: TestApp) {
    let ready = async || app.nobody.get("//health/ready").await;
    assert_eq!(ready().await.status, 200);
    let (ann, first) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"fault": "http_401", "times": null})).await;
    let one = ann.replies(first, "One").await;
    app.try_fails(one, 1).await;
    let answer = ready().await.expect(503);
    assert_eq!(answer["gateway"]["status"], "refuses our credentials");
    assert_eq!(answer["gateway"]["queued"], 1);
    assert_eq!(answer["database"], "ok");
    let second = app.text(&stranger(1), "Hello").await;
    let two = ann.replies(second, "Two").await;
    assert_eq!(app.nobody.get("//health/live").await.status, 200);

    app.gateway.clear_faults().await;
    becomes(&app, &ann, first, one, "delivered").await;
    becomes(&app, &ann, second, two, "delivered").await;
    assert_eq!(ready().await.status, 200);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["One"]);
    assert_eq!(app.gateway.bodies_sent_to(&stranger(1)).await, ["Two"]);
}

async fn what_a_desk_held_that_is_gone_is_looked_up_and_sent_by_another(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 3600})).await;
    let message = ann.replies(conversation, "Left behind").await;
    app.try_fails(message, 1).await;
    // As if a desk had taken it and then died: held for a minute from now, its outcome unknown.
    let kind = app.database.kind;
    let now = crate::support::database::moment(kind, app.clock.now());
    let until = crate::support::database::moment(kind, app.clock.now() + TimeDelta::seconds(60));
    let held = format!("UPDATE outbox SET due_at = {now}, held_until = {until}, unknown_since = {now}");
    app.database.run(&held).unwrap();
    app.advance(TimeDelta::seconds(30));
    let other = conversation_of_another(&app, &ann).await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty(), "it is held, {other}");

    app.advance(TimeDelta::seconds(30));
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Left behind"]);
}

/// Sends a text to somebody else and waits until it has arrived: the outbox has been looked through since.
async fn conversation_of_another(app: &TestApp, ann: &Client) -> i64 {
    let conversation = app.text(&stranger(9), "Hello").await;
    let message = ann.replies(conversation, "Hello").await;
    app.message_becomes(ann, message, "delivered").await;
    conversation
}

async fn two_desks_on_one_database_send_each_text_once(app: TestApp) {
    let other = app.replica(|_| {});
    let (here, there) = (app.signed_in(ANN).await, other.signed_in(ANN).await);
    let mut conversations = Vec::new();
    for n in 0..8 {
        conversations.push(app.text(&stranger(n), "Hello").await);
    }
    let replies: Vec<_> = conversations
        .iter()
        .flat_map(|conversation| [(here.clone(), *conversation), (there.clone(), *conversation)])
        .map(|(client, conversation)| tokio::spawn(async move { client.replies(conversation, "Once").await }))
        .collect();
    for reply in replies {
        reply.await.unwrap();
    }
    eventually("all were delivered", async || {
        let undelivered = "direction = 'outbound' AND status <> 'delivered'";
        (app.database.count("messages", undelivered) == 0).then_some(())
    })
    .await;
    for n in 0..8 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Once", "Once"]);
    }
}

async fn a_text_outlives_the_closure_of_its_conversation(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 60})).await;
    let message = ann.replies(conversation, "Goodbye").await;
    app.try_fails(message, 1).await;
    assert_eq!(ann.close(conversation).await.status, 201);
    becomes(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Goodbye"]);
    assert_eq!(ann.conversation(conversation).await["status"], "closed");
}
