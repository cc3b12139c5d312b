//! One attempt: a signed POST to the endpoint. Redirects are not followed, because they could lead anywhere.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{Response, StatusCode, header, redirect};
use url::Url;

use super::{
    queries::Claimed,
    resolver::{CheckedResolver, ForbiddenAddress},
};
use crate::webhook_endpoints::{address::AddressPolicy, queries::Target};

/// Time limit of a request (Standard Webhooks recommends 15 to 30 s).
const TIMEOUT: Duration = Duration::from_secs(15);
/// Number of bytes of an answer that are read, so that the connection can be used again.
const MAX_READ: usize = 16 * 1024;
/// Number of characters of an answer that are stored.
const MAX_STORED: usize = 500;

/// The TLS library cannot be initialised.
#[derive(Debug, thiserror::Error)]
#[error("the client for webhooks cannot be created: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Sends requests to endpoints.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    policy: AddressPolicy,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A 2xx status.
    Accepted,
    /// Another status.
    Refused,
    /// Status 410.
    Gone,
    /// No answer.
    Unanswered,
}

impl Outcome {
    /// Returns the value of the metric's label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Gone => "gone",
            Self::Unanswered => "unanswered",
        }
    }
}

/// An attempt that has ended.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub(super) outcome: Outcome,
    pub(super) began_at: DateTime<Utc>,
    pub(super) took: Duration,
    pub(super) status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub(super) response: String,
}

impl Client {
    pub(super) fn new(policy: AddressPolicy) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("SMS-Chat/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(CheckedResolver(policy))
            .redirect(redirect::Policy::none())
            // A proxy would connect in place of this server, without its checks.
            .no_proxy()
            .timeout(TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { http, policy })
    }

    /// Sends a delivery.
    pub(super) async fn attempt(&self, target: &Target, claimed: &Claimed, now: DateTime<Utc>) -> Finished {
        let start = tokio::time::Instant::now();
        let (outcome, status, response) = match self.post(target, claimed, now).await {
            Ok(response) => {
                let status = response.status();
                (outcome_of(status), Some(status.as_u16()), beginning_of(response).await)
            }
            Err(reason) => (Outcome::Unanswered, None, reason),
        };
        Finished { outcome, began_at: now, took: start.elapsed(), status, response }
    }

    async fn post(&self, target: &Target, claimed: &Claimed, now: DateTime<Utc>) -> Result<Response, String> {
        let url: Url = target.url.parse().map_err(|error| format!("The URL is not valid: {error}."))?;
        // The setting may have been turned off since the endpoint was created.
        let is_allowed = url.scheme() == "https" || self.policy.private_addresses;
        if !is_allowed || !self.policy.allows_host(&url) {
            return Err(not_public());
        }
        let (webhook_id, timestamp) = (claimed.webhook_id(), now.timestamp());
        let signatures = target.secrets.signatures(&webhook_id, timestamp, &claimed.body, now);
        self.http
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", webhook_id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(claimed.body.clone())
            .send()
            .await
            .map_err(|error| reason(&error))
    }
}

fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        StatusCode::GONE => Outcome::Gone,
        status if status.is_success() => Outcome::Accepted,
        _ => Outcome::Refused,
    }
}

/// Returns the beginning of an answer as text that both databases can store.
async fn beginning_of(mut response: Response) -> String {
    let mut read = Vec::new();
    while read.len() < MAX_READ
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read.extend(chunk);
    }
    let text = String::from_utf8_lossy(&read).replace('\0', "\u{fffd}");
    text.chars().take(MAX_STORED).collect()
}

fn not_public() -> String {
    "Webhooks cannot be sent to this address, because it is not public.".to_owned()
}

/// Returns why there was no answer, in words for the log of deliveries. Leaves out the URL.
fn reason(error: &reqwest::Error) -> String {
    if causes(error).any(is_forbidden) {
        return not_public();
    }
    if error.is_timeout() {
        return format!("No answer within {} seconds.", TIMEOUT.as_secs());
    }
    let innermost = causes(error).last().map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    let text = if error.is_connect() {
        format!("The connection failed: {innermost}.")
    } else {
        format!("No answer: {innermost}.")
    };
    text.chars().take(MAX_STORED).collect()
}

/// Returns the causes of an error, the innermost last.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn is_forbidden(cause: &(dyn Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<ForbiddenAddress>() || inner.is_some_and(|inner| inner.is::<ForbiddenAddress>())
}
