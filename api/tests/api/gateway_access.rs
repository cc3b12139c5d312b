//! A gateway that refuses the desk's credentials: everybody is told, also by other replicas and after a restart; nothing is
//! lost, next to nothing is asked, and it goes on by itself.

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
    everybody_is_told_when_it_begins_and_when_it_ends,
    one_text_at_a_time_is_tried_and_that_not_often,
    it_ends_by_itself_when_nothing_waits,
    a_text_that_may_be_there_stays_unknown,
    every_replica_knows_and_one_with_the_right_credentials_ends_it,
];

async fn refused_since(reader: &Client) -> Value {
    reader.get("/me").await.expect(200)["gateway_refused_since"].clone()
}

/// From now on the gateway refuses everything.
async fn refuse(app: &TestApp) {
    for on in ["send", "read"] {
        app.gateway.order(json!({"fault": "http_401", "on": on, "times": null})).await;
    }
}

/// The kind of the first event that is about the gateway.
async fn hears(listener: &mut Listener) -> Value {
    loop {
        let event = listener.event().await.expect("an event");
        if event["kind"] == "gateway_changed" {
            return event;
        }
    }
}

async fn everybody_is_told_when_it_begins_and_when_it_ends(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let (ann, cy) = (app.signed_in(ANN).await, app.signed_in(CY).await);
    assert_eq!(refused_since(&ann).await, Value::Null);
    let mut listening = [Listener::to(&ann).await, Listener::to(&cy).await];
    refuse(&app).await;
    let message = ann.replies(conversation, "Hi").await;
    for listener in &mut listening {
        let event = hears(listener).await;
        assert_eq!((&event["team_id"], &event["conversation_id"]), (&Value::Null, &Value::Null));
    }
    for reader in [&ann, &cy] {
        assert_eq!(refused_since(reader).await, "2024-11-25T09:00:00Z");
    }
    let ready = app.nobody.get("//health/ready").await.expect(503);
    assert_eq!(ready["gateway"]["refused_since"], "2024-11-25T09:00:00Z");
    assert!(app.nobody.get("//metrics").await.body.contains("sms_chat_gateway_refused 1"));

    app.gateway.clear_faults().await;
    app.as_time_passes("the text was delivered", async || {
        (ann.messages(conversation).await[1]["status"] == "delivered").then_some(())
    })
    .await;
    for listener in &mut listening {
        hears(listener).await;
    }
    assert_eq!(refused_since(&ann).await, Value::Null);
    assert_eq!(app.nobody.get("//health/ready").await.status, 200);
    assert_eq!(app.database.count("messages", &format!("id = {message} AND status = 'delivered'")), 1);
    assert_eq!(app.database.count("events", "kind = 'gateway_changed'"), 2);
}

async fn one_text_at_a_time_is_tried_and_that_not_often(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    refuse(&app).await;
    let first = app.text(STRANGER, "Hello").await;
    let first = ann.replies(first, "Hi").await;
    app.try_fails(first, 1).await;
    for n in 0..5 {
        let conversation = app.text(&stranger(n), "Hello").await;
        ann.replies(conversation, "Hi").await;
    }
    let tries = || app.database.number("SELECT sum(attempts) FROM outbox");
    for second in 0..60 {
        let least = 1 + second / 31;
        eventually("the desk has looked", async || (tries() >= least).then_some(())).await;
        assert!(tries() <= 2 + second / 30, "{} tries after {second} s", tries());
        app.advance(TimeDelta::seconds(1));
    }
    app.gateway.clear_faults().await;
    app.as_time_passes("all were sent", async || (app.database.count("outbox", "1 = 1") == 0).then_some(()))
        .await;
    for n in 0..5 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Hi"]);
    }
}

async fn it_ends_by_itself_when_nothing_waits(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    refuse(&app).await;
    let message = ann.replies(conversation, "Hi").await;
    app.try_fails(message, 1).await;
    app.text(STRANGER, "STOP").await;
    assert_eq!(app.database.count("outbox", "1 = 1"), 0, "the text was withdrawn");
    app.advance(TimeDelta::minutes(1));
    assert_eq!(refused_since(&ann).await, "2024-11-25T09:00:00Z");
    app.gateway.clear_faults().await;
    app.as_time_passes("the gateway let us in", async || {
        (refused_since(&ann).await == Value::Null).then_some(())
    })
    .await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn a_text_that_may_be_there_stays_unknown(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.order(json!({"fault": "reset_after_accept"})).await;
    app.gateway.order(json!({"fault": "http_401", "on": "read", "times": null})).await;
    ann.replies(conversation, "Only once").await;
    app.as_time_passes("the look-up was refused", async || {
        (refused_since(&ann).await != Value::Null).then_some(())
    })
    .await;
    assert_eq!(app.database.count("outbox", "unknown_since IS NOT NULL"), 1);
    app.gateway.clear_faults().await;
    app.as_time_passes("the text was found", async || {
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Only once"]);
    assert_eq!(refused_since(&ann).await, Value::Null);
}

async fn every_replica_knows_and_one_with_the_right_credentials_ends_it(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let here = app.signed_in(ANN).await;
    // Once it has sent something, the first desk sleeps until its clock is turned, and takes none of the other's texts.
    let other = app.text(&stranger(1), "Hello").await;
    let sent = here.replies(other, "Hi").await;
    app.message_becomes(&here, sent, "delivered").await;
    let mistaken = app.replica(|args| args.twilio_auth_token = Some("mistyped".to_owned()));
    let there = mistaken.signed_in(ANN).await;
    let message = there.replies(conversation, "Hi").await;
    app.try_fails(message, 1).await;
    for reader in [&here, &there] {
        assert_eq!(refused_since(reader).await, "2024-11-25T09:00:00Z");
    }
    assert_eq!(app.nobody.get("//health/ready").await.status, 503);
    drop(mistaken);

    // Started again with the right token: nobody waits for the clock.
    let restarted = app.replica(|args| args.twilio_auth_token = Some(AUTH_TOKEN.to_owned()));
    let reader = restarted.signed_in(ANN).await;
    eventually("the gateway let us in", async || (refused_since(&reader).await == Value::Null).then_some(()))
        .await;
    app.as_time_passes("the text was sent", async || {
        (app.gateway.bodies_sent_to(STRANGER).await == ["Hi"]).then_some(())
    })
    .await;
}
