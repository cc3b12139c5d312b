//! Templates: content, rendering and placeholders.

mod changes;
mod fields;
mod rendering;

use serde_json::{Value, json};

use crate::support::{ApiResponse, Client};

fn new(team: i64, name: &str, body: &str) -> Value {
    json!({"team_id": team, "name": name, "body": body})
}

async fn create(client: &Client, team: i64, name: &str) -> i64 {
    let created = client.post("/templates", new(team, name, "Hi")).await.expect(201);
    created["id"].as_i64().unwrap()
}

async fn change(client: &Client, id: i64, change: Value) -> ApiResponse {
    client.put(&format!("/templates/{id}"), change).await
}
