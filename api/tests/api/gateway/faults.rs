//! A test for each row of `docs/gateway-faults.md` about a single fault: what the agent sees, and what the gateway's
//! ledger holds.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{GatewayUnavailable, NumberOptedOut};

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{COLLECTIONS_NUMBER, FULL_KEY, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_timeout_after_acceptance_sends_once,
    a_reset_before_acceptance_sends_once,
    a_reset_after_acceptance_sends_once,
    an_unreachable_gateway_is_tried_again,
    too_many_requests_are_tried_again,
    a_temporary_error_is_tried_again,
    a_server_error_is_tried_again,
    refused_credentials_delay_messages_until_corrected,
    an_unreadable_list_prevents_a_second_send,
    a_slow_gateway_delays_a_message,
    a_message_fails_when_the_gateway_accepts_nothing_for_12_hours,
    a_message_fails_when_its_outcome_stays_unknown,
    a_refused_message_returns_to_the_agent,
    an_opt_out_at_the_gateway_is_recorded,
    an_undelivered_message_returns_to_the_agent,
    a_message_that_fails_later_returns_to_the_agent,
    a_late_receipt_is_accepted,
    a_repeated_receipt_counts_once,
    reversed_receipts_do_not_lower_the_status,
    missing_receipts_are_recovered_by_gap_repair,
    early_receipts_are_kept_for_their_message,
    a_missed_webhook_is_recovered_by_gap_repair,
    an_unavailable_picture_does_not_hide_the_message,
    a_repeated_webhook_is_stored_once,
];

/// A reply and a client that reads it with an API key, which does not expire when the clock is advanced.
struct Reply {
    reader: Client,
    conversation: i64,
    id: i64,
}

impl Reply {
    async fn to_stranger(app: &TestApp, server: &Client) -> Self {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let reader = server.with_token(FULL_KEY);
        let id = reader.create_reply(conversation, "Here you are").await;
        Self { reader, conversation, id }
    }

    async fn current(&self) -> Value {
        let messages = self.reader.messages(self.conversation).await;
        messages.into_iter().find(|message| message["id"] == self.id).unwrap()
    }

    /// Advances the clock by `step` until the agent sees this status.
    async fn advance_until_status(&self, app: &TestApp, status: &str, step: TimeDelta) -> Value {
        eventually(&format!("the reply was {status}"), async || {
            let current = self.current().await;
            if current["status"] != status {
                app.advance(step);
                return None;
            }
            Some(current)
        })
        .await
    }

    /// Asserts that the conversation is back with the agent and shows this reason.
    async fn assert_returned(&self, code: &str) {
        assert_eq!(self.current().await["error"]["code"], code);
        let conversation = self.reader.conversation(self.conversation).await;
        assert_eq!(conversation["next_action"], "agent");
        assert_eq!(conversation["attention"]["text"], self.current().await["error"]["text"]);
    }
}

/// Injects the faults, replies, and waits for the final status and the number of copies in the ledger.
async fn reply_with_faults(app: &TestApp, faults: &[Value], status: &str, times: usize) -> Reply {
    for fault in faults {
        app.gateway.inject_fault(fault.clone()).await;
    }
    let reply = Reply::to_stranger(app, &app.anonymous).await;
    reply.advance_until_status(app, status, TimeDelta::seconds(1)).await;
    assert_ledger_holds(app, times).await;
    reply
}

async fn assert_ledger_holds(app: &TestApp, times: usize) {
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, vec!["Here you are"; times]);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

/// Waits until the ledger has this status for the message.
async fn wait_for_ledger_status(app: &TestApp, status: &str) {
    eventually(&format!("the ledger says {status}"), async || {
        let sent = app.gateway.sent_to(STRANGER).await;
        sent.first().is_some_and(|text| text["status"] == status).then_some(())
    })
    .await;
}

/// Makes the first server idle: it then waits until its clock is advanced, so another server does the work.
async fn make_idle(app: &TestApp) {
    let conversation = app.inbound(&stranger(9), "Hello").await;
    let reader = app.anonymous.with_token(FULL_KEY);
    let id = reader.create_reply(conversation, "Hi").await;
    app.message_becomes(&reader, id, "delivered").await;
}

async fn a_timeout_after_acceptance_sends_once(app: TestApp) {
    make_idle(&app).await;
    let impatient = app.replica(|args| args.gateway_timeout = Some("1".to_owned()));
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "timeout_after_accept"})).await;
    let reply = Reply::to_stranger(&app, &impatient.anonymous).await;
    app.attempt_fails(reply.id, 1).await;
    assert_eq!(reply.current().await["status"], "sending");
    reply.advance_until_status(&app, "delivered", TimeDelta::seconds(1)).await;
    assert_ledger_holds(&app, 1).await;
}

async fn a_reset_before_acceptance_sends_once(app: TestApp) {
    reply_with_faults(&app, &[json!({"fault": "reset_before_accept"})], "delivered", 1).await;
}

async fn a_reset_after_acceptance_sends_once(app: TestApp) {
    reply_with_faults(&app, &[json!({"fault": "reset_after_accept"})], "delivered", 1).await;
}

async fn an_unreachable_gateway_is_tried_again(app: TestApp) {
    make_idle(&app).await;
    let unreachable = app.replica(|args| args.twilio_api_url = Some("http://127.0.0.1:1".to_owned()));
    let reply = Reply::to_stranger(&app, &unreachable.anonymous).await;
    app.attempt_fails(reply.id, 1).await;
    assert_eq!(reply.current().await["status"], "sending");
    assert_eq!(
        app.database.count("outbox", "unknown_since IS NULL"),
        1,
        "the outcome is certain: not accepted"
    );
    let reply = Reply { reader: app.anonymous.with_token(FULL_KEY), ..reply };
    drop(unreachable);
    reply.advance_until_status(&app, "delivered", TimeDelta::seconds(1)).await;
    assert_ledger_holds(&app, 1).await;
}

async fn too_many_requests_are_tried_again(app: TestApp) {
    reply_with_faults(&app, &[json!({"fault": "http_429", "retry_after": 5})], "delivered", 1).await;
}

async fn a_temporary_error_is_tried_again(app: TestApp) {
    let faults = [json!({"fault": "error", "code": 20429}), json!({"fault": "error", "code": 14107})];
    reply_with_faults(&app, &faults, "delivered", 1).await;
}

async fn a_server_error_is_tried_again(app: TestApp) {
    reply_with_faults(&app, &[json!({"fault": "http_500", "times": 2})], "delivered", 1).await;
}

async fn refused_credentials_delay_messages_until_corrected(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "http_401", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    app.attempt_fails(reply.id, 1).await;
    assert_ne!(reply.reader.get("/me").await.expect(200)["gateway_refused_since"], Value::Null);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    app.gateway.clear_faults().await;
    reply.advance_until_status(&app, "delivered", TimeDelta::seconds(1)).await;
    assert_eq!(reply.reader.get("/me").await.expect(200)["gateway_refused_since"], Value::Null);
    assert_ledger_holds(&app, 1).await;
}

async fn an_unreadable_list_prevents_a_second_send(app: TestApp) {
    let unread = json!({"fault": "http_500", "on": "read", "times": 3});
    reply_with_faults(&app, &[json!({"fault": "reset_after_accept"}), unread], "delivered", 1).await;
}

async fn a_slow_gateway_delays_a_message(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "latency", "ms": 500})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
    assert_ledger_holds(&app, 1).await;
}

async fn a_message_fails_when_the_gateway_accepts_nothing_for_12_hours(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "http_429", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    let current = reply.advance_until_status(&app, "failed", TimeDelta::minutes(5)).await;
    assert!(current["error"]["text"].as_str().unwrap().contains("did not accept the message in time"));
    reply.assert_returned("not_handed_over").await;
    assert_ledger_holds(&app, 0).await;
}

async fn a_message_fails_when_its_outcome_stays_unknown(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
    app.gateway.inject_fault(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    app.attempt_fails(reply.id, 1).await;
    let current = reply.advance_until_status(&app, "failed", TimeDelta::minutes(5)).await;
    assert!(current["error"]["text"].as_str().unwrap().contains("the customer may have received it"));
    reply.assert_returned("outcome_unknown").await;
    assert_ledger_holds(&app, 1).await;
}

async fn a_refused_message_returns_to_the_agent(app: TestApp) {
    let reply = reply_with_faults(&app, &[json!({"fault": "error", "code": 21614})], "failed", 0).await;
    reply.assert_returned("21614").await;
}

async fn an_opt_out_at_the_gateway_is_recorded(app: TestApp) {
    let reply = reply_with_faults(&app, &[json!({"fault": "error", "code": 21610})], "failed", 0).await;
    assert_eq!(reply.current().await["error"]["code"], "21610");
    assert_eq!(reply.reader.conversation(reply.conversation).await["next_action"], "agent");
    let opted_out = format!("number = '{STRANGER}' AND state = 'opted_out' AND source = 'gateway'");
    assert_eq!(app.database.count("consents", &opted_out), 1);
    reply.reader.reply(reply.conversation, "Once more").await.problem(NumberOptedOut);
}

async fn an_undelivered_message_returns_to_the_agent(app: TestApp) {
    let reply =
        reply_with_faults(&app, &[json!({"fault": "fail", "error_code": 30003})], "undelivered", 1).await;
    reply.assert_returned("30003").await;
    wait_for_ledger_status(&app, "undelivered").await;
}

async fn a_message_that_fails_later_returns_to_the_agent(app: TestApp) {
    let fault = json!({"fault": "fail", "error_code": 30006, "status": "failed"});
    let reply = reply_with_faults(&app, &[fault], "failed", 1).await;
    reply.assert_returned("30006").await;
    wait_for_ledger_status(&app, "failed").await;
}

async fn a_late_receipt_is_accepted(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "late", "ms": 500})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    app.message_becomes(&reply.reader, reply.id, "sent").await;
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
    assert_ledger_holds(&app, 1).await;
}

async fn a_repeated_receipt_counts_once(app: TestApp) {
    let reply =
        reply_with_faults(&app, &[json!({"fault": "receipts", "mode": "twice"})], "delivered", 1).await;
    app.gateway.receipts_for(STRANGER, 6).await;
    let status_events = format!("kind = 'message_status_changed' AND message_id = {}", reply.id);
    assert_eq!(app.database.count("events", &status_events), 2, "sent, delivered");
}

async fn reversed_receipts_do_not_lower_the_status(app: TestApp) {
    let reply =
        reply_with_faults(&app, &[json!({"fault": "receipts", "mode": "reversed"})], "delivered", 1).await;
    app.gateway.receipts_for(STRANGER, 3).await;
    assert_eq!(reply.current().await["status"], "delivered");
}

async fn missing_receipts_are_recovered_by_gap_repair(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never"})).await;
    let reply = Reply::to_stranger(&app, &app.anonymous).await;
    wait_for_ledger_status(&app, "delivered").await;
    app.message_becomes(&reply.reader, reply.id, "sent").await;
    assert_ledger_holds(&app, 1).await;
    let _repairing = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    app.message_becomes(&reply.reader, reply.id, "delivered").await;
}

async fn early_receipts_are_kept_for_their_message(app: TestApp) {
    reply_with_faults(&app, &[json!({"fault": "receipts", "mode": "early"})], "delivered", 1).await;
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}

async fn a_missed_webhook_is_recovered_by_gap_repair(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "webhook_never"})).await;
    assert_eq!(app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Hello").await["webhook"], "withheld");
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.gateway.ledger().await.len(), 1);
    let _repairing = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    eventually("the message was found", async || {
        (app.database.count("messages", "direction = 'inbound'") == 1).then_some(())
    })
    .await;
}

async fn an_unavailable_picture_does_not_hide_the_message(app: TestApp) {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Look", "media": [{}]});
    assert_eq!(app.gateway.send_inbound_with(text).await["webhook"], "delivered");
    let reader = app.anonymous.with_token(FULL_KEY);
    let messages = reader.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!(messages[0]["body"], "Look");
    let picture = messages[0]["media"][0]["url"].as_str().unwrap().trim_start_matches("/api/v1").to_owned();
    app.gateway.inject_fault(json!({"fault": "http_500", "on": "media"})).await;
    reader.get(&picture).await.problem(GatewayUnavailable);
    assert_eq!(app.gateway.ledger().await.len(), 1);
}

async fn a_repeated_webhook_is_stored_once(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "webhook_twice"})).await;
    assert_eq!(app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Hello").await["webhook"], "delivered");
    assert_eq!(app.database.count("messages", "direction = 'inbound'"), 1);
    assert_eq!(app.gateway.ledger().await.len(), 1);
}
