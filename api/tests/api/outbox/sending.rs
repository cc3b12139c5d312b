//! Sending through the gateway: whatever goes wrong, each message is sent once or reported as failed. The simulator's
//! ledger is the proof.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_message_is_sent_from_the_teams_number_with_a_status_callback,
    a_retry_waits_as_long_as_the_gateway_asks,
    an_accepted_message_without_a_response_is_found_and_not_sent_again,
    two_identical_messages_are_each_matched_to_their_own,
    a_message_that_never_reached_the_gateway_is_sent_once,
    a_message_is_looked_up_before_it_is_sent_again,
    an_outcome_stays_unknown_while_the_list_is_unreadable,
    messages_to_one_number_keep_their_order,
    a_waiting_message_does_not_delay_other_numbers,
    refused_credentials_stop_the_outbox_until_they_are_accepted,
    the_claim_of_a_stopped_server_is_taken_over_by_another,
    two_servers_on_one_database_send_each_message_once,
    a_waiting_message_is_sent_after_the_closure,
];

/// Delivers a message from this number to Collections; returns Ann's client and the conversation.
async fn conversation(app: &TestApp, number: &str) -> (Client, i64) {
    (app.signed_in(ANN).await, app.inbound(number, "Hello").await)
}

/// Advances the clock until the message has this status.
async fn advance_until_status(app: &TestApp, reader: &Client, conversation: i64, message: i64, status: &str) {
    app.advance_until(&format!("message {message} was {status}"), async || {
        let messages = reader.messages(conversation).await;
        messages.iter().any(|found| found["id"] == message && found["status"] == status).then_some(())
    })
    .await;
}

async fn a_message_is_sent_from_the_teams_number_with_a_status_callback(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    let body = "Ω & + % = \u{1f600}\nnext line";
    let message = ann.create_reply(conversation, body).await;
    app.message_becomes(&ann, message, "delivered").await;
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["from"], COLLECTIONS_NUMBER);
    assert_eq!(sent[0]["body"], body);
    let callback = format!("{}/api/v1/webhooks/twilio/status", app.anonymous.url);
    assert_eq!(sent[0]["status_callback"], callback);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    let sid = sent[0]["sid"].as_str().unwrap();
    assert_eq!(app.database.count("messages", &format!("gateway_id = '{sid}'")), 1);
}

async fn a_retry_waits_as_long_as_the_gateway_asks(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 120})).await;
    let message = ann.create_reply(conversation, "Patience").await;
    app.attempt_fails(message, 1).await;
    let due =
        crate::support::database::sql_timestamp(app.database.kind, app.clock.now() + TimeDelta::seconds(120));
    let waiting = format!("message_id = {message} AND due_at = {due} AND unknown_since IS NULL");
    assert_eq!(app.database.count("outbox", &waiting), 1);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    assert_eq!(ann.messages(conversation).await[1]["status"], "sending");

    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Patience"]);
    assert!(app.clock.now() >= crate::support::fixtures::start() + TimeDelta::seconds(120));
}

async fn an_accepted_message_without_a_response_is_found_and_not_sent_again(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "reset_after_accept"})).await;
    let message = ann.create_reply(conversation, "Only once").await;
    app.attempt_fails(message, 1).await;
    assert_eq!(app.database.count("outbox", "unknown_since IS NOT NULL"), 1);
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Only once"]);
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].clone();
    let known = format!("id = {message} AND gateway_id = '{}'", sid.as_str().unwrap());
    assert_eq!(app.database.count("messages", &known), 1);
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0, "the early receipts were applied");
}

async fn two_identical_messages_are_each_matched_to_their_own(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "reset_after_accept", "times": 2})).await;
    let first = ann.create_reply(conversation, "Yes").await;
    let second = ann.create_reply(conversation, "Yes").await;
    advance_until_status(&app, &ann, conversation, first, "delivered").await;
    advance_until_status(&app, &ann, conversation, second, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Yes", "Yes"]);
    let ids = app
        .database
        .strings("SELECT gateway_id AS value FROM messages WHERE direction = 'outbound' ORDER BY id");
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(ids, [sent[0]["sid"].as_str().unwrap(), sent[1]["sid"].as_str().unwrap()]);
}

async fn a_message_that_never_reached_the_gateway_is_sent_once(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "reset_before_accept", "times": 2})).await;
    let message = ann.create_reply(conversation, "Third time lucky").await;
    app.attempt_fails(message, 1).await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Third time lucky"]);
}

async fn a_message_is_looked_up_before_it_is_sent_again(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_500", "times": 3})).await;
    let message = ann.create_reply(conversation, "Get well soon").await;
    app.attempt_fails(message, 1).await;
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Get well soon"]);
}

async fn an_outcome_stays_unknown_while_the_list_is_unreadable(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "reset_after_accept"})).await;
    app.gateway.inject_fault(json!({"fault": "http_500", "on": "read", "times": 2})).await;
    let message = ann.create_reply(conversation, "Only once").await;
    app.attempt_fails(message, 1).await;
    for attempts in 2..=3 {
        let waiting = format!("message_id = {message} AND held_until IS NULL AND attempts = {attempts}");
        app.advance_until("the look-up failed", async || {
            (app.database.count("outbox", &waiting) == 1).then_some(())
        })
        .await;
        assert_eq!(ann.messages(conversation).await[1]["status"], "sending");
        assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
    }
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
}

async fn messages_to_one_number_keep_their_order(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 5})).await;
    let mut last = 0;
    for n in 1..=5 {
        last = ann.create_reply(conversation, &format!("Text {n}")).await;
    }
    advance_until_status(&app, &ann, conversation, last, "delivered").await;
    let expected: Vec<String> = (1..=5).map(|n| format!("Text {n}")).collect();
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, expected);
}

async fn a_waiting_message_does_not_delay_other_numbers(app: TestApp) {
    let (ann, waiting) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 600})).await;
    let delayed = ann.create_reply(waiting, "Later").await;
    app.attempt_fails(delayed, 1).await;
    for n in 0..5 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let message = ann.create_reply(conversation, "Now").await;
        app.message_becomes(&ann, message, "delivered").await;
    }
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn refused_credentials_stop_the_outbox_until_they_are_accepted(app: TestApp) {
    let ready = async || app.anonymous.get("//health/ready").await;
    assert_eq!(ready().await.status, 200);
    let (ann, first) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"fault": "http_401", "times": null})).await;
    let one = ann.create_reply(first, "One").await;
    app.attempt_fails(one, 1).await;
    let response = ready().await.expect(503);
    assert_eq!(response["gateway"]["status"], "refuses our credentials");
    assert_eq!(response["gateway"]["queued"], 1);
    assert_eq!(response["database"], "ok");
    let second = app.inbound(&stranger(1), "Hello").await;
    let two = ann.create_reply(second, "Two").await;
    assert_eq!(app.anonymous.get("//health/live").await.status, 200);

    app.gateway.clear_faults().await;
    advance_until_status(&app, &ann, first, one, "delivered").await;
    advance_until_status(&app, &ann, second, two, "delivered").await;
    assert_eq!(ready().await.status, 200);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["One"]);
    assert_eq!(app.gateway.bodies_sent_to(&stranger(1)).await, ["Two"]);
}

async fn the_claim_of_a_stopped_server_is_taken_over_by_another(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 3600})).await;
    let message = ann.create_reply(conversation, "Left behind").await;
    app.attempt_fails(message, 1).await;
    // As if a server had claimed the message and stopped: claimed for one minute, outcome unknown.
    let kind = app.database.kind;
    let now = crate::support::database::sql_timestamp(kind, app.clock.now());
    let until = crate::support::database::sql_timestamp(kind, app.clock.now() + TimeDelta::seconds(60));
    let held = format!("UPDATE outbox SET due_at = {now}, held_until = {until}, unknown_since = {now}");
    app.database.run(&held).unwrap();
    app.advance(TimeDelta::seconds(30));
    let other = send_to_another_number(&app, &ann).await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty(), "the message is still claimed, {other}");

    app.advance(TimeDelta::seconds(30));
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Left behind"]);
}

/// Sends a message to another number and waits for its delivery, so that the outbox has been checked since.
async fn send_to_another_number(app: &TestApp, ann: &Client) -> i64 {
    let conversation = app.inbound(&stranger(9), "Hello").await;
    let message = ann.create_reply(conversation, "Hello").await;
    app.message_becomes(ann, message, "delivered").await;
    conversation
}

async fn two_servers_on_one_database_send_each_message_once(app: TestApp) {
    let other = app.replica(|_| {});
    let (on_first, on_second) = (app.signed_in(ANN).await, other.signed_in(ANN).await);
    let mut conversations = Vec::new();
    for n in 0..8 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
    }
    let replies: Vec<_> = conversations
        .iter()
        .flat_map(|conversation| [(on_first.clone(), *conversation), (on_second.clone(), *conversation)])
        .map(|(client, conversation)| {
            tokio::spawn(async move { client.create_reply(conversation, "Once").await })
        })
        .collect();
    for reply in replies {
        reply.await.unwrap();
    }
    eventually("all messages were delivered", async || {
        let undelivered = "direction = 'outbound' AND status <> 'delivered'";
        (app.database.count("messages", undelivered) == 0).then_some(())
    })
    .await;
    for n in 0..8 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Once", "Once"]);
    }
}

async fn a_waiting_message_is_sent_after_the_closure(app: TestApp) {
    let (ann, conversation) = conversation(&app, STRANGER).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 60})).await;
    let message = ann.create_reply(conversation, "Goodbye").await;
    app.attempt_fails(message, 1).await;
    assert_eq!(ann.close(conversation).await.status, 201);
    advance_until_status(&app, &ann, conversation, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Goodbye"]);
    assert_eq!(ann.conversation(conversation).await["status"], "closed");
}
