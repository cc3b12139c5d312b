//! The audit log.

mod append_only;
mod export;
mod listing;
mod reading;
mod recording;

use serde_json::Value;

use crate::support::Client;

/// Returns the actions of the newest entries that the query finds, newest first.
async fn actions(client: &Client, query: &str) -> Vec<String> {
    let entries = client.get(&format!("/audit_entries{query}")).await.items();
    entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

/// Returns the newest entry of an action.
async fn newest(client: &Client, action: &str) -> Value {
    client.get(&format!("/audit_entries?action={action}&limit=1")).await.items()[0].clone()
}
