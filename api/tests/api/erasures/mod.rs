//! Erasing a customer by number, and legal holds.

mod data;
mod holds;
mod opt_outs;
mod retention;

use serde_json::{Value, json};

use crate::support::{
    ApiResponse, Client,
    fixtures::{COLLECTIONS, MARIA},
};

async fn preview(admin: &Client, number: &str) -> Value {
    let path = format!("/teams/{COLLECTIONS}/erasures?number={}", number.replace('+', "%2B"));
    admin.get(&path).await.expect(200)
}

async fn erase(admin: &Client, number: &str) -> ApiResponse {
    let new = json!({"number": number, "reason": "Request of 25 November"});
    admin.post(&format!("/teams/{COLLECTIONS}/erasures"), new).await
}

/// Erases Maria, and returns what there was.
async fn erase_maria(admin: &Client) -> Value {
    erase(admin, MARIA).await.expect(201)
}
