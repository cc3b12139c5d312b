//! Importing daily files over HTTP.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{ApiResponse, Client, fixtures::COLLECTIONS};

/// A file of `count` customers, each with its own number, balance and street.
pub(crate) fn customers(count: usize) -> String {
    let mut text = String::from("Ref,Name,Mobile,Balance,Street\n");
    for n in 0..count {
        text += &format!("B-{n},Customer {n},078{n:08},GBP {n}.00,{n} High Street\n");
    }
    text
}

impl Client {
    /// The request that imports a file for Collections, with this query.
    pub(crate) fn import_request(&self, query: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let path = format!("/teams/{COLLECTIONS}/daily_files{query}");
        self.request(Method::POST, &path).header("Content-Type", "text/csv").body(body)
    }

    /// Imports a file for Collections, confirmed in advance.
    pub(crate) async fn import(&self, body: impl Into<reqwest::Body>) -> ApiResponse {
        ApiResponse::to(self.import_request("?confirm=true", body)).await
    }

    /// Previews a file for Collections.
    pub(crate) async fn preview(&self, body: impl Into<reqwest::Body>) -> ApiResponse {
        ApiResponse::to(self.import_request("?preview=true", body)).await
    }

    /// Returns the team's files, newest first.
    pub(crate) async fn daily_files(&self) -> Vec<Value> {
        self.get(&format!("/teams/{COLLECTIONS}/daily_files")).await.items()
    }

    /// Returns the id of the current file.
    pub(crate) async fn current_file(&self) -> i64 {
        let files = self.daily_files().await;
        let current: Vec<_> = files.iter().filter(|file| file["is_current"] == true).collect();
        assert_eq!(current.len(), 1, "{files:?}");
        current[0]["id"].as_i64().expect("an id")
    }

    pub(crate) async fn restore(&self, file: i64) -> ApiResponse {
        let path = format!("/teams/{COLLECTIONS}/daily_files/{file}/restore");
        ApiResponse::to(self.request(Method::POST, &path)).await
    }
}
