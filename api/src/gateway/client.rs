//! What we ask of the gateway: send a text, look a text up, ask whether it knows us. Says of every failure whether to
//! retry, to give up, or to look first whether the text was sent after all.

use std::{sync::OnceLock, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{Body, Method, Request, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use shared::PhoneNumber;
use twilio_async::{Execute, Twilio, encode_pairs};

use super::{
    outcome::outcome,
    transport::{Answer, NoAnswer, Transport},
};

pub use super::outcome::Outcome;

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

/// Why the gateway did not tell what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The credentials are wrong.
    #[error("the gateway refuses our credentials")]
    Unauthorised,
    /// It cannot be asked now.
    #[error("the gateway cannot be asked: {0}")]
    Unavailable(String),
}

/// The one client of the gateway.
pub struct GatewayClient {
    account_sid: String,
    auth_token: SecretString,
    api_url: Uri,
    status_callback: String,
    timeout: Duration,
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
    /// A client of the account at `api_url`, which has `timeout` for each answer; receipts are asked to go to
    /// `status_callback`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(
        account_sid: String,
        auth_token: SecretString,
        api_url: &str,
        status_callback: String,
        timeout: Duration,
    ) -> Result<Self, String> {
        let api_url = api_url.parse().map_err(|error| format!("{api_url}: {error}"))?;
        Ok(Self { account_sid, auth_token, api_url, status_callback, timeout, ready: OnceLock::new() })
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
            Ok(Ready { twilio, transport: Transport::to(self.api_url.clone(), self.timeout) })
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
        match self.exchange(Method::POST, "Messages.json", form).await {
            Ok(answer) => outcome(&answer),
            Err(fault) => {
                tracing::warn!(%fault, "a text was not handed over");
                match fault {
                    NoAnswer::NotSent(_) => Outcome::Retry(None),
                    NoAnswer::Unknown(_) => Outcome::Unknown(None),
                }
            }
        }
    }

    /// Whether the gateway knows us, and what time it is there, if it says: asks for one message of its list, which
    /// changes nothing.
    ///
    /// # Errors
    /// When the gateway refuses us, or does not answer.
    pub async fn greet(&self) -> Result<Option<DateTime<Utc>>, AskError> {
        let answer = self.look("Messages.json?PageSize=1").await?;
        read::<serde::de::IgnoredAny>(&answer)?;
        Ok(answer.date)
    }

    /// Where the gateway is.
    pub(super) fn api_url(&self) -> &Uri {
        &self.api_url
    }

    /// What precedes a `uri` in its answers: gateways with a path of their own write it into each `uri`, or leave it out.
    /// Both lead to the same place, because only the part below the account counts.
    pub(super) fn base_of_uris(&self) -> String {
        let authority = self.api_url.authority().map(ToString::to_string).unwrap_or_default();
        format!("{}://{authority}", self.api_url.scheme_str().unwrap_or("https"))
    }

    /// How long it may take to answer.
    #[must_use]
    pub fn timeout(&self) -> TimeDelta {
        TimeDelta::from_std(self.timeout).unwrap_or(TimeDelta::MAX)
    }

    /// The rest of a page's address, of which the library writes the beginning.
    pub(super) fn below_account(&self, uri: &str) -> Result<String, AskError> {
        let account = format!("/Accounts/{}/", self.account_sid);
        match uri.split_once(&account) {
            Some((_, rest)) => Ok(rest.to_owned()),
            None => Err(AskError::Unavailable("its next page is not our account's".into())),
        }
    }

    /// What is at a path below our account: an answer with 200, or with 404.
    pub(super) async fn look(&self, path: &str) -> Result<Answer, AskError> {
        let unavailable = |fault: &dyn std::fmt::Display| AskError::Unavailable(fault.to_string());
        let answer = self.exchange(Method::GET, path, None).await.map_err(|fault| unavailable(&fault))?;
        match answer.status {
            200 | 404 => Ok(answer),
            401 | 403 => Err(AskError::Unauthorised),
            status => Err(unavailable(&format!("it answered {status}"))),
        }
    }

    async fn exchange(&self, method: Method, path: &str, form: Option<String>) -> Result<Answer, NoAnswer> {
        let (transport, request) = self.request(method, path, form)?;
        transport.send(request).await
    }

    /// A request for a path below the account, and what carries it.
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        form: Option<String>,
    ) -> Result<(&Transport, Request<Body>), NoAnswer> {
        let ready = self.ready().map_err(NoAnswer::NotSent)?;
        let request = ready.twilio.send_msg("", "", "").request(method, path, form);
        Ok((&ready.transport, request.map_err(|error| NoAnswer::NotSent(error.to_string()))?))
    }
}

/// What an answer says.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, AskError> {
    if answer.status != 200 {
        return Err(AskError::Unavailable(format!("it answered {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|fault| AskError::Unavailable(fault.to_string()))
}
