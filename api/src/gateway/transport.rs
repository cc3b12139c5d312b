//! Carries a request to the gateway and its answer back, within a time limit. twilio-async builds the requests but has
//! no time-out and a fixed address, so the carrying is ours.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hyper::{
    Body, Client, HeaderMap, Request, Response, Uri,
    body::HttpBody,
    client::HttpConnector,
    header::{DATE, HeaderName, RETRY_AFTER},
};
use hyper_tls::HttpsConnector;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// What the gateway answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<TimeDelta>,
    /// What time it was there.
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
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
    timeout: Duration,
}

impl Transport {
    /// To `base`, with `timeout` for each exchange.
    pub(super) fn to(base: Uri, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        // A gateway that cannot be reached is told from one that does not answer: nothing can have got there.
        connector.set_connect_timeout(Some(timeout / 2));
        // A connection that the gateway has just dropped must not swallow a request: idle ones go early.
        let client = Client::builder()
            .pool_idle_timeout(Duration::from_secs(20))
            .build(HttpsConnector::new_with_connector(connector));
        Self { client, base, timeout }
    }

    /// A request to Twilio's address, as one to the gateway's: its scheme, its authority, and its path before ours
    /// (`/api/laml`).
    pub(super) fn readdressed(&self, mut request: Request<Body>) -> Result<Request<Body>, NoAnswer> {
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = self.base.scheme().cloned();
        parts.authority = self.base.authority().cloned();
        let path = parts.path_and_query.as_ref().map_or("/", |path| path.as_str());
        let path = format!("{}{path}", self.base.path().trim_end_matches('/'));
        parts.path_and_query = Some(
            path.parse()
                .map_err(|error: hyper::http::uri::InvalidUri| NoAnswer::NotSent(error.to_string()))?,
        );
        *request.uri_mut() = Uri::from_parts(parts).map_err(|error| NoAnswer::NotSent(error.to_string()))?;
        Ok(request)
    }

    /// Sends a request to the gateway.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Answer, NoAnswer> {
        self.send_as_addressed(self.readdressed(request)?).await
    }

    /// Sends a request to wherever it is addressed.
    pub(super) async fn send_as_addressed(&self, request: Request<Body>) -> Result<Answer, NoAnswer> {
        tokio::time::timeout(self.timeout, self.exchange(request))
            .await
            .map_err(|_| NoAnswer::Unknown(format!("{} s have passed", self.timeout.as_secs())))?
    }

    /// Sends a request to wherever it is addressed; the answer's body is still to come, and no time limit holds.
    pub(super) async fn open(&self, request: Request<Body>) -> Result<Response<Body>, NoAnswer> {
        self.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                NoAnswer::NotSent(error.to_string())
            } else {
                NoAnswer::Unknown(error.to_string())
            }
        })
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, NoAnswer> {
        let answered = self.open(request).await?;
        let status = answered.status().as_u16();
        let retry_after = retry_after(answered.headers());
        let date = date(answered.headers(), DATE);
        let mut body = Vec::new();
        let mut stream = answered.into_body();
        while let Some(chunk) = stream.data().await {
            body.extend_from_slice(&chunk.map_err(|error| NoAnswer::Unknown(error.to_string()))?);
            if body.len() > LONGEST_ANSWER {
                return Err(NoAnswer::Unknown("its answer is too long".into()));
            }
        }
        Ok(Answer { status, retry_after, date, body })
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3), which is held against the answer's own `Date`, so that it makes no
/// difference how the gateway's clock and ours go.
fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    match text(headers, RETRY_AFTER)?.parse() {
        Ok(seconds) => TimeDelta::try_seconds(seconds),
        Err(_) => Some(date(headers, RETRY_AFTER)? - date(headers, DATE)?),
    }
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text(headers, name)?).ok().map(DateTime::from)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_to_the_gateway_and_below_its_path() {
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
        let asked = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Tue, 24 Nov 2026 18:00:00 GMT".parse().unwrap());
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(asked("120"), Some(TimeDelta::seconds(120)));
        assert_eq!(asked("Tue, 24 Nov 2026 18:01:30 GMT"), Some(TimeDelta::seconds(90)));
        assert_eq!(asked("Tue, 24 Nov 2026 17:59:00 GMT"), Some(TimeDelta::seconds(-60)));
        for nonsense in ["", "soon", "-", "99999999999999999999"] {
            assert_eq!(asked(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
