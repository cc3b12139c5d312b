//! A client of the live event stream.

use reqwest::{Method, Response};
use serde_json::Value;

use super::{client::Client, waiting::TIMEOUT};

/// An open event stream, read event by event.
#[derive(Debug)]
pub(crate) struct Listener {
    response: Response,
    buffer: String,
}

impl Listener {
    /// Opens the stream; events from now on are received.
    pub(crate) async fn to(client: &Client) -> Self {
        let response = client.request(Method::GET, "/events").send().await.expect("a response");
        assert_eq!(response.status(), 200);
        let mut listener = Self { response, buffer: String::new() };
        assert_eq!(listener.block().await.as_deref(), Some("retry: 1000"));
        listener
    }

    /// Returns the next event, or `None` at the end of the stream.
    pub(crate) async fn event(&mut self) -> Option<Value> {
        let block = self.block().await?;
        let data = block.lines().find_map(|line| line.strip_prefix("data: ")).expect("a data line");
        Some(serde_json::from_str(data).expect("JSON"))
    }

    /// Returns the kinds of the events until the stream ends.
    pub(crate) async fn kinds_until_end(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        while let Some(event) = self.event().await {
            kinds.push(event["kind"].as_str().expect("a kind").to_owned());
        }
        kinds
    }

    /// Returns the lines of the next block, or `None` at the end of the stream.
    pub(crate) async fn block(&mut self) -> Option<String> {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                    let block = block.to_owned();
                    self.buffer = rest.to_owned();
                    return Some(block);
                }
                let chunk = self.response.chunk().await.expect("the stream or its end")?;
                self.buffer += std::str::from_utf8(&chunk).expect("UTF-8");
            }
        };
        tokio::time::timeout(TIMEOUT, reading).await.expect("an event or the end of the stream in time")
    }
}
