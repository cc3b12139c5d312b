//! Deliveries to webhook endpoints (rule 24): their content, order, retries and log. Endpoints themselves:
//! `webhook_endpoints`.

mod addresses;
mod content;
mod log;
mod order;
mod retries;

use api::config::SettingArgs;
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp, eventually,
    receiver::{Received, Receiver},
};

/// Lets the tests' receivers, which have loopback addresses, get webhooks.
fn private_addresses(args: &mut SettingArgs) {
    args.webhook_private_addresses = Some("on".to_owned());
}

/// Creates an endpoint of Collections for a receiver.
async fn endpoint(client: &Client, receiver: &Receiver, event_types: &[&str]) -> Value {
    let new = json!({"url": receiver.url(), "description": "CRM", "event_types": event_types});
    client.post("/teams/1/webhook_endpoints", new).await.expect(201)
}

/// Waits until this many webhooks have arrived, and returns them.
async fn arrived(receiver: &Receiver, count: usize) -> Vec<Received> {
    eventually(&format!("{count} webhooks arrived"), async || {
        (receiver.count() >= count).then(|| receiver.received())
    })
    .await
}

/// Waits until the results of attempts are stored: so many deliveries have this status.
async fn stored(app: &TestApp, count: i64, status: &str) {
    let condition = format!("status = '{status}'");
    eventually(&format!("{count} deliveries are {status}"), async || {
        (app.database.count("webhook_deliveries", &condition) == count).then_some(())
    })
    .await;
}

/// Waits until so many attempts are stored altogether.
async fn attempts(app: &TestApp, count: i64) {
    eventually(&format!("{count} attempts are stored"), async || {
        let sum = app.database.integer("SELECT COALESCE(SUM(attempts), 0) FROM webhook_deliveries");
        (sum == count).then_some(())
    })
    .await;
}
