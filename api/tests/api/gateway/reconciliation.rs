//! Reconciliation: a message with an unknown outcome is found in the gateway's list, however late the gateway accepts
//! it, however long it stays queued, and whatever the list is like. The simulator's ledger proves that each was sent
//! once.

use api::{clock::TestClock, config::SettingArgs};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{COLLECTIONS_NUMBER, FULL_KEY, STRANGER, stranger},
    gateway::{ACCOUNT_SID, AUTH_TOKEN},
    on_both_databases,
};

on_both_databases![with short_timeout;
    a_queued_message_is_found,
    a_message_that_is_accepted_late_is_sent_once,
    a_lagging_list_delays_the_message,
    an_unfiltered_list_matches_no_message_to_another_number,
    a_list_in_short_pages_is_read_to_its_end,
    a_temporary_refusal_keeps_the_earlier_attempt_unknown,
    a_replica_whose_clock_is_ahead_does_not_send_a_message_again,
    a_clock_that_is_set_forward_does_not_send_a_message_again,
];

/// A short gateway timeout, and the default list lag of minutes.
fn short_timeout(args: &mut SettingArgs) {
    args.gateway_timeout = Some("1".to_owned());
    args.gateway_list_lag = None;
}

/// A reply whose first attempt ended without a response.
struct Reply {
    reader: Client,
    id: i64,
}

impl Reply {
    async fn without_response(app: &TestApp, fault: serde_json::Value) -> Self {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let mut fault = fault;
        fault["number"] = json!(STRANGER);
        app.gateway.inject_fault(fault).await;
        let reader = app.anonymous.with_token(FULL_KEY);
        let id = reader.create_reply(conversation, "Here you are").await;
        app.attempt_fails(id, 1).await;
        Self { reader, id }
    }

    /// Advances the clock by `seconds`, in steps that each leave time for a look-up.
    async fn advance_with_lookups(&self, app: &TestApp, seconds: i64) {
        for _ in 0..seconds / 10 {
            let attempts_before = app.database.integer("SELECT attempts FROM outbox");
            app.advance(TimeDelta::seconds(10));
            // A look-up is due at least every minute; a step without one ends after a short wait.
            let _ = crate::support::within(
                std::time::Duration::from_millis(60),
                std::time::Duration::from_millis(5),
                async || {
                    (app.database.integer("SELECT COALESCE(max(attempts), 99) FROM outbox") > attempts_before)
                        .then_some(())
                },
            )
            .await;
        }
        assert!(
            app.database.integer("SELECT COALESCE(max(attempts), 99) FROM outbox") > 2,
            "the message was looked up"
        );
    }

    async fn assert_delivered_once(&self, app: &TestApp) {
        eventually("the reply was delivered", async || {
            app.advance(TimeDelta::seconds(5));
            let status = format!("id = {} AND status = 'delivered'", self.id);
            (app.database.count("messages", &status) == 1).then_some(())
        })
        .await;
        assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Here you are"]);
        assert_eq!(app.database.count("outbox", "1 = 1"), 0);
        let delivered = app.message_becomes(&self.reader, self.id, "delivered").await;
        assert_eq!(delivered["body"], "Here you are");
    }
}

async fn a_queued_message_is_found(app: TestApp) {
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "queued", "ms": 3_600_000})).await;
    let reply = Reply::without_response(&app, json!({"fault": "timeout_after_accept"})).await;
    eventually("the message was found", async || {
        app.advance(TimeDelta::seconds(1));
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0]["status"], &sent[0]["sent_at"]), (&json!("queued"), &serde_json::Value::Null));
    app.message_becomes(&reply.reader, reply.id, "sent").await;
}

async fn a_message_that_is_accepted_late_is_sent_once(app: TestApp) {
    let reply = Reply::without_response(&app, json!({"fault": "accept_late", "ms": 2500})).await;
    // A minute by the server's clock: many look-ups, and longer than its own timeouts.
    reply.advance_with_lookups(&app, 60).await;
    eventually("the gateway has accepted the message", async || {
        (!app.gateway.sent_to(STRANGER).await.is_empty()).then_some(())
    })
    .await;
    reply.assert_delivered_once(&app).await;
}

async fn a_lagging_list_delays_the_message(app: TestApp) {
    let lags = json!({"number": STRANGER, "fault": "list_lags", "ms": 3_600_000, "times": null});
    app.gateway.inject_fault(lags).await;
    let reply = Reply::without_response(&app, json!({"fault": "reset_after_accept"})).await;
    reply.advance_with_lookups(&app, 280).await;
    assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
    app.gateway.clear_faults().await;
    reply.assert_delivered_once(&app).await;
}

async fn an_unfiltered_list_matches_no_message_to_another_number(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "list_ignores_filters", "times": null})).await;
    // The same text to another customer, which the server did not send.
    send_without_the_server(&app, &stranger(1), "Here you are").await;
    let reply = Reply::without_response(&app, json!({"fault": "reset_before_accept"})).await;
    reply.assert_delivered_once(&app).await;
}

async fn a_list_in_short_pages_is_read_to_its_end(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "list_short_pages", "times": null})).await;
    let reply = Reply::without_response(&app, json!({"fault": "reset_after_accept"})).await;
    for n in 0..5 {
        send_without_the_server(&app, STRANGER, &format!("Another {n}")).await;
    }
    eventually("the message was found", async || {
        app.advance(TimeDelta::seconds(1));
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    let bodies = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(bodies.iter().filter(|body| *body == "Here you are").count(), 1);
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
}

async fn a_temporary_refusal_keeps_the_earlier_attempt_unknown(app: TestApp) {
    let reply = Reply::without_response(&app, json!({"fault": "reset_before_accept"})).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429", "retry_after": 60})).await;
    let since = "SELECT count(*) FROM outbox WHERE unknown_since IS NOT NULL";
    eventually("the second attempt was refused temporarily", async || {
        app.advance(TimeDelta::seconds(10));
        (app.gateway.pending_faults().await == 0).then_some(())
    })
    .await;
    eventually("the claim was released", async || {
        (app.database.count("outbox", "held_until IS NULL") == 1).then_some(())
    })
    .await;
    assert_eq!(app.database.integer(since), 1, "the first attempt is still unknown");
    reply.assert_delivered_once(&app).await;
}

/// Waits until the message was looked up, without a result, after its first attempt.
async fn looked_up(app: &TestApp) {
    eventually("the message was looked up", async || {
        (app.database.count("outbox", "attempts >= 2 AND held_until IS NULL") == 1).then_some(())
    })
    .await;
}

async fn a_replica_whose_clock_is_ahead_does_not_send_a_message_again(app: TestApp) {
    let reply = Reply::without_response(&app, json!({"fault": "reset_before_accept"})).await;
    // By its clock, the gateway should have listed the message long ago.
    let ahead = TestClock::at(app.clock.now() + TimeDelta::minutes(10));
    let _replica = app.replica_with_clock(&ahead, short_timeout);
    looked_up(&app).await;
    accept_late(&app).await;
    reply.assert_delivered_once(&app).await;
}

async fn a_clock_that_is_set_forward_does_not_send_a_message_again(app: TestApp) {
    let reply = Reply::without_response(&app, json!({"fault": "reset_before_accept"})).await;
    app.clock.set_by(TimeDelta::minutes(10));
    // Wakes the worker, without time that passes.
    app.inbound(&stranger(1), "Hello").await;
    looked_up(&app).await;
    accept_late(&app).await;
    reply.assert_delivered_once(&app).await;
}

/// Makes the gateway accept the request of the reply now, long after the connection broke.
async fn accept_late(app: &TestApp) {
    let callback = format!("{}/api/v1/webhooks/twilio/status", app.anonymous.url);
    post_message(app, &[("To", STRANGER), ("Body", "Here you are"), ("StatusCallback", &callback)]).await;
}

/// Sends a message with the gateway account, not through the server.
async fn send_without_the_server(app: &TestApp, to: &str, body: &str) {
    post_message(app, &[("To", to), ("Body", body)]).await;
}

async fn post_message(app: &TestApp, fields: &[(&str, &str)]) {
    let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", app.gateway.url());
    let form = [&[("From", COLLECTIONS_NUMBER)], fields].concat();
    let sent = reqwest::Client::new().post(&messages).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).form(&form);
    assert_eq!(sent.send().await.unwrap().status(), 201);
}
