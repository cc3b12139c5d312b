//! Carries a request to the gateway and its answer back, within a time limit. twilio-async builds the requests but has
//! no time-out and a fixed address, so the carrying is ours.

use std::time::Duration;

use hyper::{Body, Client, Request, Uri, body::HttpBody, client::HttpConnector};
use hyper_tls::HttpsConnector;

/// How long the gateway may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// What the gateway answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The connection was never made, so nothing can have reached the gateway.
    #[error("the gateway cannot be reached: {0}")]
    NotSent(String),
    /// The request may have reached the gateway.
    #[error("the gateway gave no answer: {0}")]
    Unknown(String),
}

pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector>>,
    base: Uri,
}

impl Transport {
    pub(super) fn to(base: Uri) -> Self {
        // A connection that the gateway has just dropped must not swallow a request: idle ones go early.
        let client =
            Client::builder().pool_idle_timeout(Duration::from_secs(20)).build(HttpsConnector::new());
        Self { client, base }
    }

    pub(super) async fn send(&self, mut request: Request<Body>) -> Result<Answer, NoAnswer> {
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = self.base.scheme().cloned();
        parts.authority = self.base.authority().cloned();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|error| NoAnswer::NotSent(error.to_string()))?;
        tokio::time::timeout(TIMEOUT, self.exchange(request))
            .await
            .map_err(|_| NoAnswer::Unknown(format!("{} s have passed", TIMEOUT.as_secs())))?
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, NoAnswer> {
        let answered = self.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                NoAnswer::NotSent(error.to_string())
            } else {
                NoAnswer::Unknown(error.to_string())
            }
        })?;
        let status = answered.status().as_u16();
        let retry_after =
            answered.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        let mut stream = answered.into_body();
        while let Some(chunk) = stream.data().await {
            body.extend_from_slice(&chunk.map_err(|error| NoAnswer::Unknown(error.to_string()))?);
            if body.len() > LONGEST_ANSWER {
                return Err(NoAnswer::Unknown("its answer is too long".into()));
            }
        }
        Ok(Answer { status, retry_after, body })
    }
}
