//! Sends requests to the gateway within a time limit. The crate twilio-async builds the requests, but it has no
//! time-out and a fixed address, so this module sends them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{
    Body, Client, HeaderMap, Request, Response, Uri,
    body::HttpBody,
    client::HttpConnector,
    header::{DATE, HeaderName, RETRY_AFTER},
    http::uri::{InvalidUri, InvalidUriParts},
};
use hyper_tls::HttpsConnector;
use twilio_async::TwilioErr;

/// Maximum size of a response body, in bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The gateway's response.
pub(super) struct GatewayResponse {
    pub(super) status: u16,
    pub(super) retry_after: Option<TimeDelta>,
    /// The gateway's time.
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request was not sent, so nothing can have reached the gateway.
    #[error("the gateway cannot be reached: {0}")]
    NotSent(#[from] NotSent),
    /// The request may have reached the gateway.
    #[error("the gateway did not respond: {0}")]
    NoResponse(NoResponse),
}

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// The credentials cannot be written in a header.
    #[error(transparent)]
    Credentials(Arc<TwilioErr>),
    /// The library could not build the request.
    #[error(transparent)]
    Request(#[from] TwilioErr),
    /// The request has an invalid header.
    #[error(transparent)]
    Http(#[from] hyper::http::Error),
    /// The address is not a URL.
    #[error(transparent)]
    Address(#[from] InvalidUri),
    /// The gateway's address and the path of the request make no URL.
    #[error(transparent)]
    Path(#[from] InvalidUriParts),
    /// The connection was not made.
    #[error(transparent)]
    Connection(hyper::Error),
}

/// Why a request that was sent has no usable response.
#[derive(Debug, thiserror::Error)]
pub enum NoResponse {
    /// The response did not arrive within this time.
    #[error("timed out after {} s", .0.as_secs())]
    Timeout(Duration),
    /// The connection broke.
    #[error(transparent)]
    Interrupted(hyper::Error),
    /// The body is longer than `MAX_BODY`.
    #[error("its response is too long")]
    TooLong,
}

pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector>>,
    base: Uri,
    timeout: Duration,
}

impl Transport {
    /// Creates a transport to `base` with a time limit for each exchange.
    pub(super) fn to(base: Uri, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        // A shorter time-out than the exchange's, so that a gateway that cannot be reached gives `NotSent`, not
        // `NoResponse`.
        connector.set_connect_timeout(Some(timeout / 2));
        // Idle connections are closed early, so that a request does not get lost on one that the gateway has just
        // closed.
        let client = Client::builder()
            .pool_idle_timeout(Duration::from_secs(20))
            .build(HttpsConnector::new_with_connector(connector));
        Self { client, base, timeout }
    }

    /// Redirects a request for Twilio's address to the gateway: with its scheme and authority, and its base path (such
    /// as `/api/laml`) before the request's path.
    pub(super) fn readdressed(&self, mut request: Request<Body>) -> Result<Request<Body>, NotSent> {
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = self.base.scheme().cloned();
        parts.authority = self.base.authority().cloned();
        let path = parts.path_and_query.as_ref().map_or("/", |path| path.as_str());
        let path = format!("{}{path}", self.base.path().trim_end_matches('/'));
        parts.path_and_query = Some(path.parse()?);
        *request.uri_mut() = Uri::from_parts(parts)?;
        Ok(request)
    }

    /// Sends a request to the gateway.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<GatewayResponse, TransportError> {
        self.send_as_addressed(self.readdressed(request)?).await
    }

    /// Sends a request to its own address.
    pub(super) async fn send_as_addressed(
        &self,
        request: Request<Body>,
    ) -> Result<GatewayResponse, TransportError> {
        tokio::time::timeout(self.timeout, self.exchange(request))
            .await
            .map_err(|_| TransportError::NoResponse(NoResponse::Timeout(self.timeout)))?
    }

    /// Sends a request to its own address, and returns the response before its body has arrived. Has no time limit.
    pub(super) async fn open(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        self.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                TransportError::NotSent(NotSent::Connection(error))
            } else {
                TransportError::NoResponse(NoResponse::Interrupted(error))
            }
        })
    }

    async fn exchange(&self, request: Request<Body>) -> Result<GatewayResponse, TransportError> {
        let response = self.open(request).await?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let date = date(response.headers(), DATE);
        let mut body = Vec::new();
        let mut stream = response.into_body();
        while let Some(chunk) = stream.data().await {
            let chunk = chunk.map_err(|error| TransportError::NoResponse(NoResponse::Interrupted(error)))?;
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(TransportError::NoResponse(NoResponse::TooLong));
            }
        }
        Ok(GatewayResponse { status, retry_after, date, body })
    }
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). A date is relative to the response's own `Date`, so a
/// difference between the two clocks does not matter.
fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    match header(headers, RETRY_AFTER)?.parse() {
        Ok(seconds) => TimeDelta::try_seconds(seconds),
        Err(_) => Some(date(headers, RETRY_AFTER)? - date(headers, DATE)?),
    }
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(header(headers, name)?).ok().map(DateTime::from)
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_to_the_gateways_address_and_below_its_base_path() {
        let sent_to = |base: &str| {
            let transport = Transport::to(base.parse().unwrap(), Duration::from_secs(1));
            let twilios = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json?To=%2B447700900123";
            let request = Request::get(twilios).body(Body::empty()).unwrap();
            transport.readdressed(request).unwrap().uri().to_string()
        };
        let path = "2010-04-01/Accounts/AC1/Messages.json?To=%2B447700900123";
        for (base, below) in [
            ("https://api.twilio.com", "https://api.twilio.com/"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081/"),
            ("https://desk.signalwire.com/api/laml", "https://desk.signalwire.com/api/laml/"),
        ] {
            assert_eq!(sent_to(base), format!("{below}{path}"));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Tue, 24 Nov 2026 18:00:00 GMT".parse().unwrap());
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(wait("120"), Some(TimeDelta::seconds(120)));
        assert_eq!(wait("Tue, 24 Nov 2026 18:01:30 GMT"), Some(TimeDelta::seconds(90)));
        assert_eq!(wait("Tue, 24 Nov 2026 17:59:00 GMT"), Some(TimeDelta::seconds(-60)));
        for nonsense in ["", "soon", "-", "99999999999999999999"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
