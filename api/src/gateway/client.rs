//! The gateway's HTTP client: sends messages, reads lists, and checks the credentials. Each failure to send says
//! whether to retry, to give up, or to look the message up first because it may have been sent.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{Body, Method, Request, Uri, http::uri::InvalidUri};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use shared::PhoneNumber;
use twilio_async::{Execute, Twilio, TwilioErr, encode_pairs};

use super::{
    outcome::outcome,
    transport::{GatewayResponse, NotSent, Transport, TransportError},
};

pub use super::outcome::Outcome;

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct OutboundMessage {
    /// The team's number.
    pub from: PhoneNumber,
    /// The customer's number.
    pub to: PhoneNumber,
    /// The text of the message.
    pub body: String,
}

/// Why a request that only reads failed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The credentials are wrong.
    #[error("the gateway refuses our credentials")]
    Unauthorised,
    /// The gateway did not respond.
    #[error("a request to the gateway failed: {0}")]
    Transport(#[from] TransportError),
    /// The response has a status that means an error.
    #[error("a request to the gateway failed: HTTP status {0}")]
    Status(u16),
    /// The response is not the expected JSON.
    #[error("a request to the gateway failed: {0}")]
    Json(#[from] serde_json::Error),
    /// The response leads to a path that is not below our account.
    #[error("a request to the gateway failed: its response leads to another account")]
    OtherAccount,
    /// The list has more than this number of pages.
    #[error("a request to the gateway failed: its list has more than {0} pages")]
    EndlessList(usize),
    /// The list of messages, or a page of it, does not exist.
    #[error("a request to the gateway failed: its list of messages, or a page of it, is missing")]
    MissingMessageList,
    /// The list of the account's numbers does not exist.
    #[error("a request to the gateway failed: it has no list of numbers")]
    MissingNumberList,
}

/// The gateway's address is not a URL.
#[derive(Debug, thiserror::Error)]
#[error("{api_url}: {source}")]
pub struct InvalidApiUrl {
    api_url: String,
    source: InvalidUri,
}

/// The gateway's client. It connects on first use.
pub struct GatewayClient {
    account_sid: String,
    auth_token: SecretString,
    api_url: Uri,
    status_callback: String,
    timeout: Duration,
    ready: OnceLock<Result<Ready, Arc<TwilioErr>>>,
}

/// The parts that are slow to create: TLS loads every certificate authority that the machine trusts.
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
    /// Creates a client for an account at `api_url`. Each request must end within `timeout`. The gateway posts receipts
    /// to `status_callback`.
    ///
    /// # Errors
    /// Fails when `api_url` is not a URL.
    pub fn new(
        account_sid: String,
        auth_token: SecretString,
        api_url: &str,
        status_callback: String,
        timeout: Duration,
    ) -> Result<Self, InvalidApiUrl> {
        let api_url =
            api_url.parse().map_err(|source| InvalidApiUrl { api_url: api_url.to_owned(), source })?;
        Ok(Self { account_sid, auth_token, api_url, status_callback, timeout, ready: OnceLock::new() })
    }

    /// Creates the slow parts, which takes about 200 ms of CPU time. Call it outside the HTTP workers.
    pub fn warm_up(&self) {
        if let Err(error) = self.ready() {
            tracing::error!(%error, "the gateway's credentials are not usable in a request");
        }
    }

    fn ready(&self) -> Result<&Ready, NotSent> {
        let make = || {
            let twilio = Twilio::new(self.account_sid.as_str(), self.auth_token.expose_secret())?;
            Ok(Ready { twilio, transport: Transport::to(self.api_url.clone(), self.timeout) })
        };
        let ready = self.ready.get_or_init(|| make().map_err(Arc::new));
        ready.as_ref().map_err(|error| NotSent::Credentials(Arc::clone(error)))
    }

    /// Sends a message. The API has no idempotency key, so a second call sends the message twice: look up a message
    /// with an unknown outcome first.
    pub async fn send(&self, message: &OutboundMessage) -> Outcome {
        let form = encode_pairs([
            ("To", message.to.as_str()),
            ("From", message.from.as_str()),
            ("Body", message.body.as_str()),
            ("StatusCallback", self.status_callback.as_str()),
        ]);
        match self.exchange(Method::POST, "Messages.json", form).await {
            Ok(response) => outcome(&response),
            Err(error) => {
                tracing::warn!(%error, "the gateway did not confirm a message");
                match error {
                    TransportError::NotSent(_) => Outcome::Retry(None),
                    TransportError::NoResponse(_) => Outcome::Unknown(None),
                }
            }
        }
    }

    /// Checks the credentials by reading one message of the list. Returns the gateway's time, if its response contains
    /// it.
    ///
    /// # Errors
    /// Fails when the gateway refuses the credentials, or does not respond.
    pub async fn check_credentials(&self) -> Result<Option<DateTime<Utc>>, RequestError> {
        let response = self.get("Messages.json?PageSize=1").await?;
        parse_json::<serde::de::IgnoredAny>(&response)?;
        Ok(response.date)
    }

    /// Returns the gateway's address.
    pub(super) fn api_url(&self) -> &Uri {
        &self.api_url
    }

    /// Returns the scheme and host that complete a `uri` of a response. A gateway whose API has a base path may or may
    /// not include it in each `uri`; both work, because only the part below the account is used.
    pub(super) fn uri_base(&self) -> String {
        let authority = self.api_url.authority().map(ToString::to_string).unwrap_or_default();
        format!("{}://{authority}", self.api_url.scheme_str().unwrap_or("https"))
    }

    /// Returns the time limit of a request.
    #[must_use]
    pub fn timeout(&self) -> TimeDelta {
        TimeDelta::from_std(self.timeout).unwrap_or(TimeDelta::MAX)
    }

    /// Returns the part of a URI below the account. The library writes the part before it.
    pub(super) fn path_below_account(&self, uri: &str) -> Result<String, RequestError> {
        let account = format!("/Accounts/{}/", self.account_sid);
        match uri.split_once(&account) {
            Some((_, rest)) => Ok(rest.to_owned()),
            None => Err(RequestError::OtherAccount),
        }
    }

    /// Requests a path below the account. Returns a response with the status 200 or 404.
    pub(super) async fn get(&self, path: &str) -> Result<GatewayResponse, RequestError> {
        let response = self.exchange(Method::GET, path, None).await?;
        match response.status {
            200 | 404 => Ok(response),
            401 | 403 => Err(RequestError::Unauthorised),
            status => Err(RequestError::Status(status)),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        form: Option<String>,
    ) -> Result<GatewayResponse, TransportError> {
        let (transport, request) = self.request(method, path, form)?;
        transport.send(request).await
    }

    /// Builds a request for a path below the account. Returns it with the transport that sends it.
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        form: Option<String>,
    ) -> Result<(&Transport, Request<Body>), NotSent> {
        let ready = self.ready()?;
        Ok((&ready.transport, ready.twilio.send_msg("", "", "").request(method, path, form)?))
    }
}

/// Parses the JSON body of a response with the status 200.
pub(super) fn parse_json<T: DeserializeOwned>(response: &GatewayResponse) -> Result<T, RequestError> {
    if response.status != 200 {
        return Err(RequestError::Status(response.status));
    }
    Ok(serde_json::from_slice(&response.body)?)
}
