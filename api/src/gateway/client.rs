//! What we ask of the gateway: send a text, and look a text up. Says of every failure whether to retry, to give up, or
//! to look first whether the text was sent after all.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use hyper::{Method, Uri};
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
    account_sid: String,
    auth_token: SecretString,
    api_url: Uri,
    status_callback: String,
    ready: OnceLock<Result<Ready, String>>,
}

/// What takes a moment to make: TLS reads every certificate authority that the machine trusts.
struct Ready {
    twilio: Twilio,
    transport: Transport,
}

impl std::fmt::Debug for GatewayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayClient").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

impl GatewayClient {
    /// A client of the account at `api_url`; receipts are asked to go to `status_callback`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(
        account_sid: String,
        auth_token: SecretString,
        api_url: &str,
        status_callback: String,
    ) -> Result<Self, String> {
        let api_url = api_url.parse().map_err(|error| format!("{api_url}: {error}"))?;
        Ok(Self { account_sid, auth_token, api_url, status_callback, ready: OnceLock::new() })
    }

    /// Gets ready to send, which takes some 200 ms of the processor the first time: not on an HTTP worker.
    pub fn warm_up(&self) {
        if let Err(fault) = self.ready() {
            tracing::error!(%fault, "the gateway's credentials cannot be put into a request");
        }
    }

    fn ready(&self) -> Result<&Ready, String> {
        let make = || {
            let twilio = Twilio::new(self.account_sid.as_str(), self.auth_token.expose_secret())
                .map_err(|error| error.to_string())?;
            Ok(Ready { twilio, transport: Transport::to(self.api_url.clone()) })
        };
        self.ready.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// Hands a text over. This API has no idempotency token: never call it for a text whose outcome is unknown.
    pub async fn send(&self, text: &OutboundText) -> Outcome {
        let form = encode_pairs([
            ("To", text.to.as_str()),
            ("From", text.from.as_str()),
            ("Body", text.body.as_str()),
            ("StatusCallback", self.status_callback.as_str()),
        ]);
        match self.ask(Method::POST, "Messages.json", form).await {
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
        let answered = self.ask(Method::GET, &path, None).await;
        let answer = answered.map_err(|fault| LookupError(fault.to_string()))?;
        if answer.status != 200 {
            return Err(LookupError(format!("it answered {}", answer.status)));
        }
        let list: MessageList =
            serde_json::from_slice(&answer.body).map_err(|error| LookupError(error.to_string()))?;
        // The gateway's times have whole seconds.
        let earliest = since.timestamp();
        let alike = list.messages.into_iter().filter(|found| {
            let created =
                found.date_created.as_deref().and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            found.body.as_deref() == Some(text.body.as_str())
                && found.direction.as_deref() != Some("inbound")
                && created.is_none_or(|created| created.timestamp() >= earliest)
        });
        Ok(alike.map(|found| found.sid).collect())
    }

    async fn ask(&self, method: Method, path: &str, form: Option<String>) -> Result<Answer, NoAnswer> {
        let ready = self.ready().map_err(NoAnswer::NotSent)?;
        let request = ready.twilio.send_msg("", "", "").request(method, path, form);
        ready.transport.send(request.map_err(|error| NoAnswer::NotSent(error.to_string()))?).await
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
            Outcome::Refused(fault.code.map_or_else(|| answer.status.to_string(), |code| code.to_string()))
        }
        // A server that fails may have accepted the text before it failed.
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, retry_after: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn an_accepted_text_has_an_id_whatever_else_the_gateway_says() {
        for body in [
            r#"{"sid": "SM1", "status": "accepted"}"#,
            r#"{"sid": "SM1", "body": null, "date_created": null, "direction": null, "price": "-0.04"}"#,
            r#"{"sid": "SM1", "status": "a word of tomorrow"}"#,
        ] {
            assert_eq!(answered(201, body), Outcome::Accepted("SM1".into()), "{body}");
        }
    }

    #[test]
    fn a_success_that_cannot_be_read_is_unknown_and_so_is_a_servers_fault() {
        for body in ["", "<html>", "{}", r#"{"sid": 1}"#] {
            assert_eq!(answered(201, body), Outcome::Unknown, "{body}");
        }
        for status in [302, 500, 502, 503, 504] {
            assert_eq!(answered(status, r#"{"code": 20500}"#), Outcome::Unknown, "{status}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_keeps_the_gateways_code() {
        assert_eq!(answered(400, r#"{"code": 21610, "message": "No"}"#), Outcome::Refused("21610".into()));
        assert_eq!(answered(404, r#"{"code": null}"#), Outcome::Refused("404".into()));
        assert_eq!(answered(400, "<html>"), Outcome::Refused("400".into()));
    }

    #[test]
    fn wrong_credentials_are_no_fault_of_the_texts() {
        assert_eq!(answered(401, r#"{"code": 20003}"#), Outcome::Unauthorised);
        assert_eq!(answered(403, ""), Outcome::Unauthorised);
    }

    #[test]
    fn too_many_requests_wait_as_long_as_the_gateway_asks() {
        assert_eq!(answered(429, r#"{"code": 20429}"#), Outcome::Retry(None));
        let asked = Answer { status: 429, retry_after: Some(7), body: Vec::new() };
        assert_eq!(outcome(&asked), Outcome::Retry(Some(7)));
    }
}
