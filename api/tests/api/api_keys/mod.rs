//! API keys: creating them, and what a client can do with one.

mod authentication;
mod expiry;
mod management;
mod rotation;

use serde_json::{Value, json};

use crate::support::{Client, TestApp, fixtures::ADMIN};

fn new(permissions: Value, team_ids: Value) -> Value {
    json!({"name": "CRM", "permissions": permissions, "team_ids": team_ids})
}

/// Creates a key; returns it and a client that uses it.
async fn create_key(app: &TestApp, new: Value) -> (Value, Client) {
    let admin = app.signed_in(ADMIN).await;
    let key = admin.post("/api_keys", new).await.expect(201);
    let client = app.anonymous.with_token(key["secret"].as_str().unwrap());
    (key, client)
}
