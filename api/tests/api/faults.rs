//! A test for each row of `docs/gateway-faults.md`: what the agent sees, and what the gateway's ledger holds.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{GatewayUnavailable, NumberOptedOut};

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{COLLECTIONS_NUMBER, FULL_KEY, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_time_out_after_accepting,
    a_reset_before_accepting,
    a_reset_after_accepting,
    a_gateway_that_cannot_be_reached,
    too_many_requests,
    an_error_that_passes,
    a_server_error,
    credentials_that_are_refused,
    a_list_that_cannot_be_read,
    a_slow_gateway,
    a_gateway_that_takes_nothing_for_long,
    an_outcome_that_stays_unknown,
    a_final_refusal,
    an_opt_out_at_the_gateway,
    a_text_that_is_not_delivered,
    a_text_that_fails_later,
    a_late_receipt,
    receipts_that_come_twice,
    receipts_in_reverse,
    receipts_that_never_come,
    receipts_that_come_early,
    a_webhook_that_never_comes,
    a_picture_that_cannot_be_fetched,
    a_webhook_that_comes_twice,
];

/// A reply in a conversation, and who reads what becomes of it: a program, whose key does not run out with the clock.
struct Reply {
    reader: Client,
    conversation: i64,
    id: i64,
}

impl Reply {
    async fn to_stranger(app: &TestApp, desk: &Client) -> Self {
        let conversation = app.text(STRANGER, "Hello").await;
        let reader = desk.with_token(FULL_KEY);
        let id = reader.replies(conversation, "Here you are").await;
        Self { reader, conversation, id }
    }

    async fn seen(&self) -> Value {
        let messages = self.reader.messages(self.conversation).await;
        messages.into_iter().find(|message| message["id"] == self.id).unwrap()
    }

    /// Waits, turning the clock a step at a time, until the agent sees this status.
    async fn becomes(&self, app: &TestApp, status: &str, step: TimeDelta) -> Value {
        eventually(&format!("the reply was {status}"), async || {
            let seen = self.seen().await;
            if seen["status"] != status {
                app.advance(step);
                return None;
            }
            Some(seen)
        })
        .await
    }

    /// It is the agent's turn, who is told why.
    async fn returned(&self, code: &str) {
        assert_eq!(self.seen().await["error"]["code"], code);
        let conversation = self.reader.conversation(self.conversation).await;
        assert_eq!(conversation["next_action"], "agent");
        assert_eq!(conversation["attention"]["text"], self.seen().await["error"]["text"]);
    }
}

/// Orders the faults, replies, and waits for the end: what the agent sees then, and how often the ledger has the text.
async fn end(app: &TestApp, faults: &[Value], status: &str, times: usize) -> Reply {
    for fault in faults {
        app.gateway.order(fault.clone()).await;
    }
    let reply = Reply::to_stranger(app, &app.nobody).await;
    reply.becomes(app, status, TimeDelta::seconds(1)).await;
    holds(app, times).await;
    reply
}

async fn holds(app: &TestApp, times: usize) {
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, vec!["Here you are"; times]);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

/// Waits until the ledger has this status for the text.
async fn ledger_says(app: &TestApp, status: &str) {
    eventually(&format!("the ledger says {status}"), async || {
        let sent = app.gateway.sent_to(STRANGER).await;
        sent.first().is_some_and(|text| text["status"] == status).then_some(())
    })
    .await;
}

/// After this, the first desk sleeps until its clock is turned, and another one does the work.
async fn lulled(app: &TestApp) {
    let conversation = app.text(&stranger(9), "Hello").await;
    let reader = app.nobody.with_token(FULL_KEY);
    let id = reader.replies(conversation, "Hi").await;
    app.message_becomes(&reader, id, "delivered").await;
}

async fn a_time_out_after_accepting(app: TestApp) {
    lulled(&app).await;
    let impatient = app.replica(|args| args.gateway_timeout = Some("1".to_owned()));
    app.gateway.order(json!({"number": STRANGER, "fault": "timeout_after_accept"})).await;
    let reply = Reply::to_stranger(&app, &impatient.nobody).await;
    app.try_fails(reply.id, 1).await;
    assert_eq!(reply.seen().await["status"], "sending");
    reply.becomes(&app, "delivered", TimeDelta::seconds(1)).await;
    holds(&app, 1).await;
}

async fn a_reset_before_accepting(app: TestApp) {
    end(&app, &[json!({"fault": "reset_before_accept"})], "delivered", 1).await;
}

async fn a_reset_after_accepting(app: TestApp) {
    end(&app, &[json!({"fault": "reset_after_accept"})], "delivered", 1).await;
}

async fn a_gateway_that_cannot_be_reached(app: TestApp) {
    lulled(&app).await;
    let alone = app.replica(|args| args.twilio_api_url = Some("http://127.0.0.1:1".to_owned()));
    let reply = Reply::to_stranger(&app, &alone.nobody).await;
    app.try_fails(reply.id, 1).await;
    assert_eq!(reply.seen().await["status"], "sending");
    assert_eq!(app.database.count("outbox", "unknown_since IS NULL"), 1, "it is certainly not there");
    let reply = Reply { reader: app.nobody.with_token(FULL_KEY), ..reply };
    drop(alone);
    reply.becomes(&app, "delivered", TimeDelta::seconds(1)).await;
    holds(&app, 1).await;
}

async fn too_many_requests(app: TestApp) {
    end(&app, &[json!({"fault": "http_429", "retry_after": 5})], "delivered", 1).await;
}

async fn an_error_that_passes(app: TestApp) {
    let faults = [json!({"fault": "error", "code": 20429}), json!({"fault": "error", "code": 14107})];
    end(&app, &faults, "delivered", 1).await;
}

async fn a_server_error(app: TestApp) {
    end(&app, &[json!({"fault": "http_500", "times": 2})], "delivered", 1).await;
}

async fn credentials_that_are_refused(app: TestApp) {
    app.gateway.order(json!({"fault": "http_401", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    app.try_fails(reply.id, 1).await;
    assert_ne!(reply.reader.get("/me").await.expect(200)["gateway_refused_since"], Value::Null);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    app.gateway.clear_faults().await;
    reply.becomes(&app, "delivered", TimeDelta::seconds(1)).await;
    assert_eq!(reply.reader.get("/me").await.expect(200)["gateway_refused_since"], Value::Null);
    holds(&app, 1).await;
}

async fn a_list_that_cannot_be_read(app: TestApp) {
    let unread = json!({"fault": "http_500", "on": "read", "times": 3});
    end(&app, &[json!({"fault": "reset_after_accept"}), unread], "delivered", 1).await;
}

async fn a_slow_gateway(app: TestApp) {
    app.gateway.order(json!({"fault": "latency", "ms": 500})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
    holds(&app, 1).await;
}

async fn a_gateway_that_takes_nothing_for_long(app: TestApp) {
    app.gateway.order(json!({"fault": "http_429", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    let seen = reply.becomes(&app, "failed", TimeDelta::minutes(5)).await;
    assert!(seen["error"]["text"].as_str().unwrap().contains("did not accept the message in time"));
    reply.returned("not_handed_over").await;
    holds(&app, 0).await;
}

async fn an_outcome_that_stays_unknown(app: TestApp) {
    app.gateway.order(json!({"fault": "reset_after_accept"})).await;
    app.gateway.order(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    app.try_fails(reply.id, 1).await;
    let seen = reply.becomes(&app, "failed", TimeDelta::minutes(5)).await;
    assert!(seen["error"]["text"].as_str().unwrap().contains("the customer may have received it"));
    reply.returned("outcome_unknown").await;
    holds(&app, 1).await;
}

async fn a_final_refusal(app: TestApp) {
    let reply = end(&app, &[json!({"fault": "error", "code": 21614})], "failed", 0).await;
    reply.returned("21614").await;
}

async fn an_opt_out_at_the_gateway(app: TestApp) {
    let reply = end(&app, &[json!({"fault": "error", "code": 21610})], "failed", 0).await;
    assert_eq!(reply.seen().await["error"]["code"], "21610");
    assert_eq!(reply.reader.conversation(reply.conversation).await["next_action"], "agent");
    let opted_out = format!("number = '{STRANGER}' AND state = 'opted_out' AND source = 'gateway'");
    assert_eq!(app.database.count("consents", &opted_out), 1);
    reply.reader.reply(reply.conversation, "Once more").await.problem(NumberOptedOut);
}

async fn a_text_that_is_not_delivered(app: TestApp) {
    let reply = end(&app, &[json!({"fault": "fail", "error_code": 30003})], "undelivered", 1).await;
    reply.returned("30003").await;
    ledger_says(&app, "undelivered").await;
}

async fn a_text_that_fails_later(app: TestApp) {
    let fault = json!({"fault": "fail", "error_code": 30006, "status": "failed"});
    let reply = end(&app, &[fault], "failed", 1).await;
    reply.returned("30006").await;
    ledger_says(&app, "failed").await;
}

async fn a_late_receipt(app: TestApp) {
    app.gateway.order(json!({"fault": "receipts", "mode": "late", "ms": 500})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    app.message_becomes(&reply.reader, reply.id, "sent").await;
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
    holds(&app, 1).await;
}

async fn receipts_that_come_twice(app: TestApp) {
    let reply = end(&app, &[json!({"fault": "receipts", "mode": "twice"})], "delivered", 1).await;
    app.gateway.receipts_of_the_text_to(STRANGER, 6).await;
    let told = format!("kind = 'message_status_changed' AND message_id = {}", reply.id);
    assert_eq!(app.database.count("events", &told), 2, "sent, delivered");
}

async fn receipts_in_reverse(app: TestApp) {
    let reply = end(&app, &[json!({"fault": "receipts", "mode": "reversed"})], "delivered", 1).await;
    app.gateway.receipts_of_the_text_to(STRANGER, 3).await;
    assert_eq!(reply.seen().await["status"], "delivered");
}

async fn receipts_that_never_come(app: TestApp) {
    app.gateway.order(json!({"fault": "receipts", "mode": "never"})).await;
    let reply = Reply::to_stranger(&app, &app.nobody).await;
    ledger_says(&app, "delivered").await;
    app.message_becomes(&reply.reader, reply.id, "sent").await;
    holds(&app, 1).await;
    let _repairing = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
}

async fn receipts_that_come_early(app: TestApp) {
    end(&app, &[json!({"fault": "receipts", "mode": "early"})], "delivered", 1).await;
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}

async fn a_webhook_that_never_comes(app: TestApp) {
    app.gateway.order(json!({"fault": "webhook_never"})).await;
    assert_eq!(app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "Hello").await["webhook"], "withheld");
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.gateway.ledger().await.len(), 1);
    let _repairing = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    eventually("the text was found", async || {
        (app.database.count("messages", "direction = 'inbound'") == 1).then_some(())
    })
    .await;
}

async fn a_picture_that_cannot_be_fetched(app: TestApp) {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Look", "media": [{}]});
    assert_eq!(app.gateway.write_all(text).await["webhook"], "delivered");
    let reader = app.nobody.with_token(FULL_KEY);
    let messages = reader.messages(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!(messages[0]["body"], "Look");
    let picture = messages[0]["media"][0]["url"].as_str().unwrap().trim_start_matches("/api/v1").to_owned();
    app.gateway.order(json!({"fault": "http_500", "on": "media"})).await;
    reader.get(&picture).await.problem(GatewayUnavailable);
    assert_eq!(app.gateway.ledger().await.len(), 1);
}

async fn a_webhook_that_comes_twice(app: TestApp) {
    app.gateway.order(json!({"fault": "webhook_twice"})).await;
    assert_eq!(app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "Hello").await["webhook"], "delivered");
    assert_eq!(app.database.count("messages", "direction = 'inbound'"), 1);
    assert_eq!(app.gateway.ledger().await.len(), 1);
}
