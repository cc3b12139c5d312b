//! A gateway that refuses the server's credentials: every account is told, on all replicas and after a restart; no
//! message is lost, the server sends few requests, and it recovers by itself.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{ANN, CY, STRANGER, stranger},
    gateway::AUTH_TOKEN,
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    every_account_is_told_of_the_beginning_and_the_end,
    only_one_message_at_a_time_is_tried_at_a_low_rate,
    the_refusal_ends_by_itself_without_waiting_messages,
    an_unknown_outcome_stays_unknown_during_the_refusal,
    the_refusal_is_shared_by_replicas_and_ended_by_valid_credentials,
];

async fn refused_since(reader: &Client) -> Value {
    reader.get("/me").await.expect(200)["gateway_refused_since"].clone()
}

/// Makes the gateway refuse every request from now on.
async fn refuse_credentials(app: &TestApp) {
    for on in ["send", "read"] {
        app.gateway.inject_fault(json!({"fault": "http_401", "on": on, "times": null})).await;
    }
}

/// Returns the first event about the gateway.
async fn gateway_event(listener: &mut Listener) -> Value {
    loop {
        let event = listener.event().await.expect("an event");
        if event["kind"] == "gateway_changed" {
            return event;
        }
    }
}

async fn every_account_is_told_of_the_beginning_and_the_end(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, cy) = (app.signed_in(ANN).await, app.signed_in(CY).await);
    assert_eq!(refused_since(&ann).await, Value::Null);
    let mut listeners = [Listener::to(&ann).await, Listener::to(&cy).await];
    refuse_credentials(&app).await;
    let message = ann.create_reply(conversation, "Hi").await;
    for listener in &mut listeners {
        let event = gateway_event(listener).await;
        assert_eq!((&event["team_id"], &event["conversation_id"]), (&Value::Null, &Value::Null));
    }
    for reader in [&ann, &cy] {
        assert_eq!(refused_since(reader).await, "2024-11-25T09:00:00Z");
    }
    let ready = app.anonymous.get("//health/ready").await.expect(503);
    assert_eq!(ready["gateway"]["refused_since"], "2024-11-25T09:00:00Z");
    let for_load_balancers = app.anonymous.get("//health/ready?gateway=ignore").await.expect(200);
    assert_eq!(for_load_balancers["gateway"], ready["gateway"]);
    assert!(app.anonymous.get("//metrics").await.body.contains("sms_chat_gateway_refused 1"));

    app.gateway.clear_faults().await;
    app.advance_until("the message was delivered", async || {
        (ann.messages(conversation).await[1]["status"] == "delivered").then_some(())
    })
    .await;
    for listener in &mut listeners {
        gateway_event(listener).await;
    }
    assert_eq!(refused_since(&ann).await, Value::Null);
    assert_eq!(app.anonymous.get("//health/ready").await.status, 200);
    assert_eq!(app.database.count("messages", &format!("id = {message} AND status = 'delivered'")), 1);
    assert_eq!(app.database.count("events", "kind = 'gateway_changed'"), 2);
}

async fn only_one_message_at_a_time_is_tried_at_a_low_rate(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    refuse_credentials(&app).await;
    let first = app.inbound(STRANGER, "Hello").await;
    let first = ann.create_reply(first, "Hi").await;
    app.attempt_fails(first, 1).await;
    for n in 0..5 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        ann.create_reply(conversation, "Hi").await;
    }
    let attempts = || app.database.integer("SELECT sum(attempts) FROM outbox");
    for second in 0..60 {
        let least = 1 + second / 31;
        eventually("the server has tried", async || (attempts() >= least).then_some(())).await;
        assert!(attempts() <= 2 + second / 30, "{} attempts after {second} s", attempts());
        app.advance(TimeDelta::seconds(1));
    }
    app.gateway.clear_faults().await;
    app.advance_until("all messages were sent", async || {
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    for n in 0..5 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Hi"]);
    }
}

async fn the_refusal_ends_by_itself_without_waiting_messages(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    refuse_credentials(&app).await;
    let message = ann.create_reply(conversation, "Hi").await;
    app.attempt_fails(message, 1).await;
    app.inbound(STRANGER, "STOP").await;
    assert_eq!(app.database.count("outbox", "1 = 1"), 0, "the message was withdrawn");
    app.advance(TimeDelta::minutes(1));
    assert_eq!(refused_since(&ann).await, "2024-11-25T09:00:00Z");
    app.gateway.clear_faults().await;
    app.advance_until("the gateway accepted the credentials", async || {
        (refused_since(&ann).await == Value::Null).then_some(())
    })
    .await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn an_unknown_outcome_stays_unknown_during_the_refusal(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
    app.gateway.inject_fault(json!({"fault": "http_401", "on": "read", "times": null})).await;
    ann.create_reply(conversation, "Only once").await;
    app.advance_until("the look-up was refused", async || {
        (refused_since(&ann).await != Value::Null).then_some(())
    })
    .await;
    assert_eq!(app.database.count("outbox", "unknown_since IS NOT NULL"), 1);
    app.gateway.clear_faults().await;
    app.advance_until("the message was found", async || {
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Only once"]);
    assert_eq!(refused_since(&ann).await, Value::Null);
}

async fn the_refusal_is_shared_by_replicas_and_ended_by_valid_credentials(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let on_first = app.signed_in(ANN).await;
    // After it has sent something, the first server waits until its clock is advanced and takes none of the other's
    // messages.
    let other = app.inbound(&stranger(1), "Hello").await;
    let sent = on_first.create_reply(other, "Hi").await;
    app.message_becomes(&on_first, sent, "delivered").await;
    let mistaken = app.replica(|args| args.twilio_auth_token = Some("mistyped".to_owned()));
    let on_mistaken = mistaken.signed_in(ANN).await;
    let message = on_mistaken.create_reply(conversation, "Hi").await;
    app.attempt_fails(message, 1).await;
    for reader in [&on_first, &on_mistaken] {
        assert_eq!(refused_since(reader).await, "2024-11-25T09:00:00Z");
    }
    assert_eq!(app.anonymous.get("//health/ready").await.status, 503);
    drop(mistaken);

    // A restart with the right token works without a change of the clock.
    let restarted = app.replica(|args| args.twilio_auth_token = Some(AUTH_TOKEN.to_owned()));
    let reader = restarted.signed_in(ANN).await;
    eventually("the gateway accepted the credentials", async || {
        (refused_since(&reader).await == Value::Null).then_some(())
    })
    .await;
    app.advance_until("the message was sent", async || {
        (app.gateway.bodies_sent_to(STRANGER).await == ["Hi"]).then_some(())
    })
    .await;
}
