//! Campaigns over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ApiResponse, Client, fixtures::COLLECTIONS};

/// The number of a row.
pub(crate) fn number_of_row(row: usize) -> String {
    format!("+4478{row:08}")
}

/// A file of `count` rows, each with its own number and balance. Row 0 is in line 2.
pub(crate) fn recipients(count: usize) -> String {
    let mut text = String::from("Ref,Name,Mobile,Balance\n");
    for row in 0..count {
        text += &format!("C-{row},Customer {row},{},GBP {row}.00\n", number_of_row(row));
    }
    text
}

impl Client {
    /// Uploads the file of a campaign of Collections.
    pub(crate) async fn upload_campaign(&self, name: &str, file: &str) -> ApiResponse {
        let request = self.request(Method::POST, &format!("/teams/{COLLECTIONS}/campaigns"));
        let request = request.query(&[("name", name)]).header("Content-Type", "text/csv");
        ApiResponse::to(request.body(file.to_owned())).await
    }

    /// Makes a campaign of Collections and returns its id.
    pub(crate) async fn create_campaign(&self, name: &str, file: &str) -> i64 {
        self.upload_campaign(name, file).await.expect(201)["id"].as_i64().expect("an id")
    }

    /// Sets the text and the pace of a draft.
    pub(crate) async fn write_campaign(&self, id: i64, body: &str, pace: i32) -> ApiResponse {
        let change = json!({"name": "Reminder", "body": body, "pace": pace});
        self.put(&format!("/campaigns/{id}"), change).await
    }

    pub(crate) async fn campaign_action(&self, id: i64, action: &str) -> ApiResponse {
        self.put(&format!("/campaigns/{id}/state"), json!({ "action": action })).await
    }

    pub(crate) async fn campaign(&self, id: i64) -> Value {
        self.get(&format!("/campaigns/{id}")).await.expect(200)
    }

    /// Returns the result of each row.
    pub(crate) async fn campaign_results(&self, id: i64) -> Vec<Value> {
        let file = self.get(&format!("/campaigns/{id}/results?format=ndjson")).await;
        assert_eq!(file.status, 200, "{}", file.body);
        file.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}
