//! Fetches a picture or file that the gateway keeps. Our credentials go to the gateway alone, and only what lies with it
//! below our account is fetched at all: an address in a webhook must never lead the desk elsewhere. The gateway
//! redirects to a store of its own, which is followed without credentials.

use std::{fmt, time::Duration};

use futures_util::{Stream, stream};
use hyper::{
    Body, Method, Request, Response, Uri,
    body::{Bytes, HttpBody},
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::{client::GatewayClient, transport::NoAnswer};

/// The largest that is handed on, in bytes. The gateway takes 5 MB from most carriers.
pub const LARGEST: u64 = 16 * 1024 * 1024;
/// How often a redirect is followed.
const REDIRECTS: usize = 5;
/// How long the next piece may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is nothing to hand on.
#[derive(Debug, thiserror::Error)]
pub enum MediaFault {
    /// It is not where the gateway keeps such things.
    #[error("it lies outside of the gateway")]
    Elsewhere,
    /// The gateway has it no more.
    #[error("the gateway has it no more")]
    Gone,
    /// It is larger than [`LARGEST`].
    #[error("it is too large")]
    TooLarge,
    /// There was no answer in time.
    #[error("it did not come in time")]
    TooLate,
    /// There is no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// There is an answer that does not help.
    #[error("{0}")]
    Unavailable(String),
}

/// What has begun to arrive.
pub struct Arriving {
    /// Its MIME type, if the gateway says.
    pub content_type: Option<String>,
    /// How long it is, if the gateway says.
    pub length: Option<u64>,
    body: Body,
}

impl fmt::Debug for Arriving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arriving").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

impl Arriving {
    fn begin(answer: Response<Body>) -> Result<Self, MediaFault> {
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let length = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if length.is_some_and(|length| length > LARGEST) {
            return Err(MediaFault::TooLarge);
        }
        let content_type = header(CONTENT_TYPE).map(str::to_owned);
        Ok(Self { content_type, length, body: answer.into_body() })
    }

    /// Piece by piece, as it arrives. It breaks off when it gets too large or too late, of which the reader is told by
    /// the missing end.
    pub fn pieces(self) -> impl Stream<Item = Result<Bytes, MediaFault>> {
        stream::try_unfold((self.body, LARGEST), |(mut body, left)| async move {
            let piece = tokio::time::timeout(PATIENCE, body.data()).await.map_err(|_| MediaFault::TooLate)?;
            let Some(piece) = piece else { return Ok(None) };
            let piece = piece.map_err(|error| MediaFault::Unavailable(error.to_string()))?;
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let left = left.checked_sub(length).ok_or(MediaFault::TooLarge)?;
            Ok(Some((piece, (body, left))))
        })
    }
}

impl GatewayClient {
    /// Begins to fetch what lies at this address of the gateway's.
    ///
    /// # Errors
    /// Why it cannot be fetched.
    pub async fn media(&self, address: &str) -> Result<Arriving, MediaFault> {
        let path = self.path_of(address).ok_or(MediaFault::Elsewhere)?;
        let (transport, request) = self.request(Method::GET, &path, None)?;
        let mut request = transport.readdressed(request)?;
        for _ in 0..=REDIRECTS {
            let from = request.uri().clone();
            let answered = tokio::time::timeout(PATIENCE, transport.open(request)).await;
            let answer = answered.map_err(|_| MediaFault::TooLate)??;
            match answer.status().as_u16() {
                200 => return Arriving::begin(answer),
                301 | 302 | 303 | 307 | 308 => request = follow(&from, &answer)?,
                404 | 410 => return Err(MediaFault::Gone),
                status => return Err(MediaFault::Unavailable(format!("the gateway answered {status}"))),
            }
        }
        Err(MediaFault::Unavailable("the gateway redirects without end".to_owned()))
    }

    /// Where below our account an address is, if it is one of a picture or file there.
    fn path_of(&self, address: &str) -> Option<String> {
        let uri: Uri = address.parse().ok()?;
        let is_ours =
            uri.scheme() == self.api_url().scheme() && uri.authority() == self.api_url().authority();
        let is_twilios = uri.scheme_str() == Some("https") && uri.authority()?.as_str() == "api.twilio.com";
        if !(is_ours || is_twilios) || uri.query().is_some() {
            return None;
        }
        let path = self.below_account(uri.path()).ok()?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["Messages", message, "Media", media] if plain(message) && plain(media) => Some(path),
            _ => None,
        }
    }
}

/// The request to where an answer leads, without credentials. Never from an encrypted connection to an open one.
fn follow(from: &Uri, answer: &Response<Body>) -> Result<Request<Body>, MediaFault> {
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()?.parse::<Uri>().ok());
    let to = to.ok_or_else(|| MediaFault::Unavailable("the gateway redirects to nowhere".to_owned()))?;
    let mut parts = to.into_parts();
    if parts.authority.is_none() {
        parts.scheme = from.scheme().cloned();
        parts.authority = from.authority().cloned();
    }
    let to = Uri::from_parts(parts).map_err(|_| MediaFault::Elsewhere)?;
    if to.scheme_str() != Some("https") && to.scheme() != from.scheme() {
        return Err(MediaFault::Elsewhere);
    }
    Request::get(to).body(Body::empty()).map_err(|_| MediaFault::Elsewhere)
}
