//! What we ask of the gateway: send a text, and look a text up. Says of every failure whether to retry, to give up, or
//! to look first whether the text was sent after all.

use chrono::{DateTime, Utc};
use hyper::{Body, Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::PhoneNumber;
use twilio_async::{Execute, Twilio, encode_pairs};

use super::transport::{Answer, NoAnswer, Transport};

/// A text to be sent.
#[derive(Clone, Debug)]
pub struct OutboundText {
    /// The team's number.
    pub from: PhoneNumber,
    /// The customer's number.
    pub to: PhoneNumber,
    /// What it says.
    pub body: String,
}

/// What came of handing a text over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway has it, under this id.
    Accepted(String),
    /// The gateway will never take it, for this error code.
    Refused(String),
    /// It did not reach the gateway, or was turned away for now; the seconds that the gateway asks us to wait.
    Retry(Option<u64>),
    /// Whether the gateway has it is unknown: look it up before sending again.
    Unknown,
    /// The gateway does not know us: the credentials are wrong.
    Unauthorised,
}

/// The look-up failed; try again later.
#[derive(Debug, thiserror::Error)]
#[error("the gateway's message list cannot be read: {0}")]
pub struct LookupError(String);

/// Twilio's message resource, as far as we read it. Every field but the sid may be missing.
#[derive(Debug, Deserialize)]
struct MessageResource {
    sid: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    direction: Option<String>,
}

#[derive(Debug, Deserialize)]
struct MessageList {
    messages: Vec<MessageResource>,
}

/// Twilio's error answer.
#[derive(Debug, Default, Deserialize)]
struct Fault {
    #[serde(default)]
    code: Option<i64>,
}

/// The one client of the gateway.
pub struct GatewayClient {
    twilio: Twilio,
    transport: Transport,
    status_callback: String,
}

impl std::fmt::Debug for GatewayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayClient")
            .field("status_callback", &self.status_callback)
            .finish_non_exhaustive()
    }
}

impl GatewayClient {
    /// A client of the account at `api_url`; receipts are asked to go to `status_callback`.
    ///
    /// # Errors
    /// When credentials or address cannot be put into a request.
    pub fn new(
        account_sid: &str,
        auth_token: &SecretString,
        api_url: &str,
        status_callback: String,
    ) -> Result<Self, String> {
        let twilio =
            Twilio::new(account_sid, auth_token.expose_secret()).map_err(|error| error.to_string())?;
        let transport = Transport::to(api_url).map_err(|error| error.to_string())?;
        Ok(Self {
            twilio,
            transport,
            status_callback,
        })
    }

    /// Hands a text over. This API has no idempotency token: never call it for a text whose outcome is unknown.
    pub async fn send(&self, text: &OutboundText) -> Outcome {
        let form = encode_pairs([
            ("To", text.to.as_str()),
            ("From", text.from.as_str()),
            ("Body", text.body.as_str()),
            ("StatusCallback", self.status_callback.as_str()),
        ]);
        let answered = match self.request(Method::POST, "Messages.json", form) {
            Ok(request) => self.transport.send(request).await,
            Err(fault) => Err(NoAnswer::NotSent(fault)),
        };
        match answered {
            Ok(answer) => outcome(&answer),
            Err(fault) => {
                tracing::warn!(%fault, "a text was not handed over");
                match fault {
                    NoAnswer::NotSent(_) => Outcome::Retry(None),
                    NoAnswer::Unknown(_) => Outcome::Unknown,
                }
            }
        }
    }

    /// The gateway's ids of texts like this one, created since `since`, newest first.
    ///
    /// # Errors
    /// When the gateway does not answer with its list.
    pub async fn sent_since(
        &self,
        text: &OutboundText,
        since: DateTime<Utc>,
    ) -> Result<Vec<String>, LookupError> {
        let day = since.format("%Y-%m-%d").to_string();
        let query = encode_pairs([
            ("To", text.to.as_str()),
            ("From", text.from.as_str()),
            ("DateSent>", day.as_str()),
            ("PageSize", "1000"),
        ]);
        let path = format!("Messages.json?{}", query.unwrap_or_default());
        let request = self.request(Method::GET, &path, None).map_err(LookupError)?;
        let answer = self
            .transport
            .send(request)
            .await
            .map_err(|fault| LookupError(fault.to_string()))?;
        if answer.status != 200 {
            return Err(LookupError(format!("it answered {}", answer.status)));
        }
        let list: MessageList =
            serde_json::from_slice(&answer.body).map_err(|error| LookupError(error.to_string()))?;
        // The gateway's times have whole seconds.
        let earliest = since.timestamp();
        let alike = list.messages.into_iter().filter(|found| {
            let created = found
                .date_created
                .as_deref()
                .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            found.body.as_deref() == Some(text.body.as_str())
                && !found
                    .direction
                    .as_deref()
                    .is_some_and(|direction| direction == "inbound")
                && created.is_none_or(|created| created.timestamp() >= earliest)
        });
        Ok(alike.map(|found| found.sid).collect())
    }

    fn request(&self, method: Method, path: &str, form: Option<String>) -> Result<Request<Body>, String> {
        self.twilio
            .send_msg("", "", "")
            .request(method, path, form)
            .map_err(|error| error.to_string())
    }
}

/// What an answer means. Source: Twilio's REST API responses, and its error dictionary.
fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        200..=299 => match serde_json::from_slice::<MessageResource>(&answer.body) {
            Ok(message) => Outcome::Accepted(message.sid),
            Err(_) => Outcome::Unknown,
        },
        401 | 403 => Outcome::Unauthorised,
        429 => Outcome::Retry(answer.retry_after),
        400..=499 => {
            let fault: Fault = serde_json::from_slice(&answer.body).unwrap_or_default();
            Outcome::Refused(
                fault
                    .code
                    .map_or_else(|| answer.status.to_string(), |code| code.to_string()),
            )
        }
        // A server that fails may have accepted the text before it failed.
        _ => Outcome::Unknown,
    }
}
