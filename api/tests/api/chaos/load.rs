//! The load: each customer's conversation, with texts both ways, ad-hoc messages to others, and a fault ordered every now
//! and then. What is not answered is asked again with the same key, as a careful program does.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{NUMBERS, PATIENCE};
use crate::support::{Client, database::TestDatabase, gateway::Gateway, within};

/// The number of the demo's Collections.
pub(super) const TEAM_NUMBER: &str = "+447700900001";
/// What a customer's conversation has at least: it goes on after the last kill.
const LEAST: u32 = 6;
/// How long to wait before asking again.
const AGAIN: Duration = Duration::from_millis(40);

/// A text that the desk said it would send.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) number: String,
    pub(super) body: String,
}

pub(super) struct Load<'a> {
    pub(super) program: &'a Client,
    pub(super) gateway: &'a Gateway,
    pub(super) database: &'a TestDatabase,
    /// The life of the program that has begun; closed after the last.
    pub(super) lives: watch::Receiver<u64>,
    pub(super) seed: u64,
}

/// A program with a key of its own.
pub(super) async fn program(nobody: &Client) -> Client {
    let admin = json!({"email": "admin@example.com", "password": "sms-chat-demo"});
    let session = nobody.post("/sessions", admin).await.expect(201);
    let admin = nobody.with_token(session["access_token"].as_str().unwrap());
    let key = json!({"name": "Chaos", "permissions": ["reply", "ad_hoc"], "team_ids": [1]});
    let key = admin.post("/api_keys", key).await.expect(201);
    nobody.with_token(key["secret"].as_str().unwrap())
}

impl Load<'_> {
    /// One customer, until it is over; what the desk said it would send.
    pub(super) async fn customer(&self, n: u64) -> Vec<Written> {
        let mut rng = StdRng::seed_from_u64(self.seed.wrapping_mul(1000).wrapping_add(n));
        let number = format!("{NUMBERS}1{n:04}");
        self.text(&number, "Hello").await;
        let conversation = self.conversation(&number).await;
        let mut written = Vec::new();
        let (mut lives, mut turn) = (self.lives.clone(), 0_u32);
        loop {
            let over = lives.changed().await.is_err();
            if over && turn >= LEAST {
                return written;
            }
            if !over && !rng.random_ratio(2, 3) {
                continue;
            }
            if rng.random_bool(0.35) {
                self.gateway.order(fault(&number, &mut rng)).await;
            }
            match rng.random_range(0..10) {
                0..3 => self.text(&number, &format!("Question {turn}")).await,
                3 => {
                    let other = format!("{NUMBERS}2{n:02}{:02}", turn % 100);
                    let body = format!("About {n}.{turn}");
                    let ad_hoc = json!({"team_id": 1, "number": other, "body": body});
                    self.send("/conversations", &format!("{n}.{turn}"), ad_hoc).await;
                    written.push(Written { number: other, body });
                }
                kind => {
                    // Some are alike, as people's answers are.
                    let body = if kind == 4 { "Yes".to_owned() } else { format!("Answer {n}.{turn}") };
                    let path = format!("/conversations/{conversation}/messages");
                    self.send(&path, &format!("{n}.{turn}"), json!({ "body": body })).await;
                    written.push(Written { number: number.clone(), body });
                }
            }
            turn += 1;
        }
    }

    /// Sends until it is answered; the key makes one text of it.
    async fn send(&self, path: &str, key: &str, body: Value) {
        let answered = within(PATIENCE, AGAIN, async || {
            let request = self.program.request(Method::POST, path).header("Idempotency-Key", key).json(&body);
            let answer = request.send().await.ok()?;
            match answer.status() {
                // An answer that broke off is none.
                StatusCode::CREATED => answer.bytes().await.ok().map(drop),
                status if status.is_server_error() => None,
                status => panic!("{path}: {status} {:?}", answer.text().await),
            }
        });
        assert!(answered.await.is_some(), "{path}: {body} was never answered");
    }

    /// The customer writes. A webhook that a dead desk did not take is not posted again: the desk has to find the text.
    async fn text(&self, number: &str, body: &str) {
        self.gateway.write(number, TEAM_NUMBER, body).await;
    }

    /// The customer's conversation, once the desk has one.
    async fn conversation(&self, number: &str) -> i64 {
        let theirs = format!("number = '{number}' AND status <> 'closed'");
        let there = within(PATIENCE, AGAIN, async || {
            (self.database.count("conversations", &theirs) > 0).then_some(())
        });
        assert!(there.await.is_some(), "{number} wrote, and the desk never found out");
        self.database.number(&format!("SELECT id FROM conversations WHERE {theirs}"))
    }
}

/// Any of the gateway's faults, for the next text from or to a number. What stays queued is not answered either: then the
/// desk has to find it while it has no date of sending.
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
    let mut ordered = match all[rng.random_range(0..all.len())].clone() {
        Value::Array(faults) => faults,
        fault => vec![fault],
    };
    for fault in &mut ordered {
        fault["number"] = json!(number);
    }
    Value::Array(ordered)
}
