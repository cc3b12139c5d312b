//! The load: each customer's conversation with messages in both directions, ad-hoc messages to other numbers, and
//! occasional injected faults. A request without a response is repeated with the same idempotency key.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{NUMBERS, TIMEOUT};
use crate::support::{Client, database::TestDatabase, gateway::Gateway, within};

/// The number of Collections in the demo data.
pub(super) const TEAM_NUMBER: &str = "+447700900001";
/// The minimum number of turns of a customer, who goes on after the last kill.
const MIN_TURNS: u32 = 6;
/// Interval between two attempts of a request.
const RETRY_INTERVAL: Duration = Duration::from_millis(40);

/// A message for which the server answered 201.
#[derive(Clone, Debug)]
pub(super) struct AcceptedMessage {
    pub(super) number: String,
    pub(super) body: String,
}

pub(super) struct Load<'a> {
    pub(super) program: &'a Client,
    pub(super) gateway: &'a Gateway,
    pub(super) database: &'a TestDatabase,
    /// The number of the server's current run; closed after the last.
    pub(super) runs: watch::Receiver<u64>,
    pub(super) seed: u64,
}

/// Creates an API key and returns a client that uses it.
pub(super) async fn program(anonymous: &Client) -> Client {
    let admin = json!({"email": "admin@example.com", "password": "sms-chat-demo"});
    let session = anonymous.post("/sessions", admin).await.expect(201);
    let admin = anonymous.with_token(session["access_token"].as_str().unwrap());
    let key = json!({"name": "Chaos", "permissions": ["reply", "ad_hoc"], "team_ids": [1]});
    let key = admin.post("/api_keys", key).await.expect(201);
    anonymous.with_token(key["secret"].as_str().unwrap())
}

impl Load<'_> {
    /// Runs one customer to the end; returns the messages that the server accepted.
    pub(super) async fn customer(&self, n: u64) -> Vec<AcceptedMessage> {
        let mut rng = StdRng::seed_from_u64(self.seed.wrapping_mul(1000).wrapping_add(n));
        let number = format!("{NUMBERS}1{n:04}");
        self.send_inbound(&number, "Hello").await;
        let conversation = self.conversation(&number).await;
        let mut accepted = Vec::new();
        let (mut runs, mut turn) = (self.runs.clone(), 0_u32);
        loop {
            let is_over = runs.changed().await.is_err();
            if is_over && turn >= MIN_TURNS {
                return accepted;
            }
            if !is_over && !rng.random_ratio(2, 3) {
                continue;
            }
            if rng.random_bool(0.35) {
                self.gateway.inject_fault(fault(&number, &mut rng)).await;
            }
            match rng.random_range(0..10) {
                0..3 => self.send_inbound(&number, &format!("Question {turn}")).await,
                3 => {
                    let other = format!("{NUMBERS}2{n:02}{:02}", turn % 100);
                    let body = format!("About {n}.{turn}");
                    let ad_hoc = json!({"team_id": 1, "number": other, "body": body});
                    self.send("/conversations", &format!("{n}.{turn}"), ad_hoc).await;
                    accepted.push(AcceptedMessage { number: other, body });
                }
                kind => {
                    // Some bodies are the same, as in real conversations.
                    let body = if kind == 4 { "Yes".to_owned() } else { format!("Answer {n}.{turn}") };
                    let path = format!("/conversations/{conversation}/messages");
                    self.send(&path, &format!("{n}.{turn}"), json!({ "body": body })).await;
                    accepted.push(AcceptedMessage { number: number.clone(), body });
                }
            }
            turn += 1;
        }
    }

    /// Sends until there is a response; the idempotency key prevents a duplicate.
    async fn send(&self, path: &str, key: &str, body: Value) {
        let answered = within(TIMEOUT, RETRY_INTERVAL, async || {
            let request = self.program.request(Method::POST, path).header("Idempotency-Key", key).json(&body);
            let response = request.send().await.ok()?;
            match response.status() {
                // A response that broke off does not count.
                StatusCode::CREATED => response.bytes().await.ok().map(drop),
                // The server is busy, or its database is restarted.
                status if status.is_server_error() => None,
                status => panic!("{path}: {status} {:?}", response.text().await),
            }
        });
        assert!(answered.await.is_some(), "{path}: {body} got no response");
    }

    /// Sends a message from the customer. The gateway does not repeat a webhook that a stopped server missed; gap
    /// repair has to find the message.
    async fn send_inbound(&self, number: &str, body: &str) {
        self.gateway.send_inbound(number, TEAM_NUMBER, body).await;
    }

    /// Returns the customer's conversation once the server has one.
    async fn conversation(&self, number: &str) -> i64 {
        let select =
            format!("SELECT max(id) FROM conversations WHERE number = '{number}' AND status <> 'closed'");
        let found = within(TIMEOUT, RETRY_INTERVAL, async || {
            self.database.try_integer(&format!("COALESCE(({select}), 0)")).filter(|id| *id > 0)
        });
        found.await.unwrap_or_else(|| panic!("the server never received the message from {number}"))
    }
}

/// Returns a random fault for the next message from or to a number. A message that stays queued also loses its
/// response, so that the server has to find it while it has no sending date.
fn fault(number: &str, rng: &mut StdRng) -> Value {
    let all = [
        json!([{"fault": "queued", "ms": 2500}, {"fault": "timeout_after_accept"}]),
        json!([{"fault": "queued", "ms": 2500}, {"fault": "reset_after_accept"}]),
        json!({"fault": "accept_late", "ms": 2000}),
        json!([{"fault": "list_lags", "ms": 2000, "times": 3}, {"fault": "reset_after_accept"}]),
        json!([{"fault": "list_ignores_filters", "times": 3}, {"fault": "reset_after_accept"}]),
        json!([{"fault": "list_short_pages", "times": 10}, {"fault": "timeout_after_accept"}]),
        json!({"fault": "timeout_after_accept"}),
        json!({"fault": "reset_before_accept"}),
        json!({"fault": "reset_after_accept"}),
        json!({"fault": "http_429", "retry_after": 1}),
        json!({"fault": "http_500"}),
        json!({"fault": "http_401"}),
        json!({"fault": "error", "code": 21614}),
        json!({"fault": "fail", "error_code": 30003}),
        json!({"fault": "fail", "error_code": 30006, "status": "failed"}),
        json!({"fault": "receipts", "mode": "late", "ms": 500}),
        json!({"fault": "receipts", "mode": "twice"}),
        json!({"fault": "receipts", "mode": "reversed"}),
        json!({"fault": "receipts", "mode": "never"}),
        json!({"fault": "receipts", "mode": "early"}),
        json!({"fault": "webhook_never"}),
        json!({"fault": "webhook_twice"}),
        json!({"fault": "latency", "ms": 300}),
        json!({"fault": "http_500", "on": "read"}),
        json!({"fault": "http_401", "on": "read"}),
        json!({"fault": "reset_before_accept", "on": "read"}),
    ];
    let mut faults = match all[rng.random_range(0..all.len())].clone() {
        Value::Array(faults) => faults,
        fault => vec![fault],
    };
    for fault in &mut faults {
        fault["number"] = json!(number);
    }
    Value::Array(faults)
}
