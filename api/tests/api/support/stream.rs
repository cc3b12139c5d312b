//! Somebody who listens to the live stream, and hears when it ends.

use reqwest::{Method, Response};
use serde_json::Value;

use super::{client::Client, waiting::PATIENCE};

/// A live stream, heard event by event.
#[derive(Debug)]
pub(crate) struct Listener {
    answer: Response,
    heard: String,
}

impl Listener {
    /// Begins to listen; what happens from now on is heard.
    pub(crate) async fn to(client: &Client) -> Self {
        let answer = client.request(Method::GET, "/events").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let mut listener = Self { answer, heard: String::new() };
        assert_eq!(listener.block().await.as_deref(), Some("retry: 1000"));
        listener
    }

    /// The next event; `None` when the stream ends.
    pub(crate) async fn event(&mut self) -> Option<Value> {
        let block = self.block().await?;
        let data = block.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
        Some(serde_json::from_str(data).expect("JSON"))
    }

    /// The kinds of the events until the stream ends, which it must.
    pub(crate) async fn kinds_to_the_end(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        while let Some(event) = self.event().await {
            kinds.push(event["kind"].as_str().expect("a kind").to_owned());
        }
        kinds
    }

    async fn block(&mut self) -> Option<String> {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.heard.split_once("\n\n") {
                    let block = block.to_owned();
                    self.heard = rest.to_owned();
                    return Some(block);
                }
                let chunk = self.answer.chunk().await.expect("the stream or its end")?;
                self.heard += std::str::from_utf8(&chunk).expect("UTF-8");
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("the stream tells in time, or ends")
    }
}
