//! Bringing in daily files, as people and programs do.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, Client, fixtures::COLLECTIONS};

/// A file of `count` customers, each with a number, a balance and a street of its own.
pub(crate) fn customers(count: usize) -> String {
    let mut text = String::from("Ref,Name,Mobile,Balance,Street\n");
    for n in 0..count {
        text += &format!("B-{n},Customer {n},078{n:08},GBP {n}.00,{n} High Street\n");
    }
    text
}

impl Client {
    /// What brings in a file for Collections; whatever the drop, when `query` says so.
    pub(crate) fn importing(&self, query: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let path = format!("/teams/{COLLECTIONS}/daily_files{query}");
        self.request(Method::POST, &path).header("Content-Type", "text/csv").body(body)
    }

    /// Brings in a file for Collections, whatever the drop.
    pub(crate) async fn import(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::to(self.importing("?confirm=true", body)).await
    }

    /// Compares a file for Collections with the current one.
    pub(crate) async fn preview(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::to(self.importing("?preview=true", body)).await
    }

    /// The team's files, newest first.
    pub(crate) async fn daily_files(&self) -> Vec<Value> {
        self.get(&format!("/teams/{COLLECTIONS}/daily_files")).await.items()
    }

    /// The id of the current file.
    pub(crate) async fn current_file(&self) -> i64 {
        let files = self.daily_files().await;
        let current: Vec<_> = files.iter().filter(|file| file["is_current"] == true).collect();
        assert_eq!(current.len(), 1, "{files:?}");
        current[0]["id"].as_i64().expect("an id")
    }

    pub(crate) async fn restore(&self, file: i64) -> Answer {
        let path = format!("/teams/{COLLECTIONS}/daily_files/{file}/restore");
        Answer::to(self.request(Method::POST, &path)).await
    }
}
