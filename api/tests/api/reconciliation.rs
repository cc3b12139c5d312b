//! A message whose outcome is unknown is found in the gateway's list, however late the gateway accepts it, however long it
//! stays queued, and whatever its list is like. The simulator's ledger proves that each was sent once.

use api::config::SettingArgs;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{FULL_KEY, STRANGER, stranger},
    gateway::{ACCOUNT_SID, AUTH_TOKEN},
    on_both_databases,
};

on_both_databases![with patient;
    a_text_that_stays_queued,
    a_text_that_is_accepted_late,
    a_list_that_lags,
    a_list_that_ignores_its_filters,
    a_list_in_short_pages,
    a_refusal_for_now_does_not_make_an_earlier_attempt_certain,
];

/// A gateway that hardly has time to answer, and as usual minutes to list.
fn patient(args: &mut SettingArgs) {
    args.gateway_timeout = Some("1".to_owned());
    args.gateway_list_lag = None;
}

/// A reply whose first attempt has ended without an answer.
struct Reply {
    reader: Client,
    id: i64,
}

impl Reply {
    async fn unanswered(app: &TestApp, fault: serde_json::Value) -> Self {
        let conversation = app.text(STRANGER, "Hello").await;
        let mut fault = fault;
        fault["number"] = json!(STRANGER);
        app.gateway.order(fault).await;
        let reader = app.nobody.with_token(FULL_KEY);
        let id = reader.replies(conversation, "Here you are").await;
        app.try_fails(id, 1).await;
        Self { reader, id }
    }

    /// Turns the clock by `seconds`, until the message was looked up at the end at least.
    async fn looked_up_for(&self, app: &TestApp, seconds: i64) {
        for _ in 0..seconds / 10 {
            let looked = app.database.number("SELECT attempts FROM outbox");
            app.advance(TimeDelta::seconds(10));
            // A look-up is due every minute at the latest; a round without one is over at once.
            let _ = crate::support::within(
                std::time::Duration::from_millis(60),
                std::time::Duration::from_millis(5),
                async || {
                    (app.database.number("SELECT COALESCE(max(attempts), 99) FROM outbox") > looked)
                        .then_some(())
                },
            )
            .await;
        }
        assert!(
            app.database.number("SELECT COALESCE(max(attempts), 99) FROM outbox") > 2,
            "it was looked up"
        );
    }

    async fn is_delivered_once(&self, app: &TestApp) {
        eventually("the reply was delivered", async || {
            app.advance(TimeDelta::seconds(5));
            let status = format!("id = {} AND status = 'delivered'", self.id);
            (app.database.count("messages", &status) == 1).then_some(())
        })
        .await;
        assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Here you are"]);
        assert_eq!(app.database.count("outbox", "1 = 1"), 0);
        let shown = app.message_becomes(&self.reader, self.id, "delivered").await;
        assert_eq!(shown["body"], "Here you are");
    }
}

async fn a_text_that_stays_queued(app: TestApp) {
    app.gateway.order(json!({"number": STRANGER, "fault": "queued", "ms": 3_600_000})).await;
    let reply = Reply::unanswered(&app, json!({"fault": "timeout_after_accept"})).await;
    eventually("it was found", async || {
        app.advance(TimeDelta::seconds(1));
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0]["status"], &sent[0]["sent_at"]), (&json!("queued"), &serde_json::Value::Null));
    app.message_becomes(&reply.reader, reply.id, "sent").await;
}

async fn a_text_that_is_accepted_late(app: TestApp) {
    let reply = Reply::unanswered(&app, json!({"fault": "accept_late", "ms": 2500})).await;
    // A minute by the desk's clock: many look-ups, and more than its own time-outs.
    reply.looked_up_for(&app, 60).await;
    eventually("the gateway has accepted it", async || {
        (!app.gateway.sent_to(STRANGER).await.is_empty()).then_some(())
    })
    .await;
    reply.is_delivered_once(&app).await;
}

async fn a_list_that_lags(app: TestApp) {
    let lags = json!({"number": STRANGER, "fault": "list_lags", "ms": 3_600_000, "times": null});
    app.gateway.order(lags).await;
    let reply = Reply::unanswered(&app, json!({"fault": "reset_after_accept"})).await;
    reply.looked_up_for(&app, 280).await;
    assert_eq!(app.gateway.sent_to(STRANGER).await.len(), 1);
    app.gateway.clear_faults().await;
    reply.is_delivered_once(&app).await;
}

async fn a_list_that_ignores_its_filters(app: TestApp) {
    app.gateway.order(json!({"fault": "list_ignores_filters", "times": null})).await;
    // The same words to another customer, which the desk does not know of.
    send_past_the_desk(&app, &stranger(1), "Here you are").await;
    let reply = Reply::unanswered(&app, json!({"fault": "reset_before_accept"})).await;
    reply.is_delivered_once(&app).await;
}

async fn a_list_in_short_pages(app: TestApp) {
    app.gateway.order(json!({"fault": "list_short_pages", "times": null})).await;
    let reply = Reply::unanswered(&app, json!({"fault": "reset_after_accept"})).await;
    for n in 0..5 {
        send_past_the_desk(&app, STRANGER, &format!("Another {n}")).await;
    }
    eventually("it was found", async || {
        app.advance(TimeDelta::seconds(1));
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    let bodies = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(bodies.iter().filter(|body| *body == "Here you are").count(), 1);
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
}

async fn a_refusal_for_now_does_not_make_an_earlier_attempt_certain(app: TestApp) {
    let reply = Reply::unanswered(&app, json!({"fault": "reset_before_accept"})).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429", "retry_after": 60})).await;
    let since = "SELECT count(*) FROM outbox WHERE unknown_since IS NOT NULL";
    eventually("the second attempt was refused for now", async || {
        app.advance(TimeDelta::seconds(10));
        (app.gateway.orders().await == 0).then_some(())
    })
    .await;
    eventually("the claim was given up", async || {
        (app.database.count("outbox", "held_until IS NULL") == 1).then_some(())
    })
    .await;
    assert_eq!(app.database.number(since), 1, "the first attempt is still unknown");
    reply.is_delivered_once(&app).await;
}

/// Sends a message through the account without the desk.
async fn send_past_the_desk(app: &TestApp, to: &str, body: &str) {
    let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", app.gateway.url());
    let form = [("From", crate::support::fixtures::COLLECTIONS_NUMBER), ("To", to), ("Body", body)];
    let sent = reqwest::Client::new().post(&messages).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).form(&form);
    assert_eq!(sent.send().await.unwrap().status(), 201);
}
