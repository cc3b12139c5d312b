//! Fetches a media file from the gateway. A webhook names the file's address, so `GatewayClient::media` accepts only
//! addresses of media files below our account at the gateway. The credentials go to the gateway only: redirects, to the
//! gateway's file storage, are followed without them.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

use futures_util::{Stream, stream};
use hyper::{
    Body, Method, Request, Response, Uri,
    body::{Bytes, HttpBody},
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::{client::GatewayClient, transport::TransportError};

/// The location of a media file, as the gateway reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMedia {
    /// The file's address at the gateway.
    pub url: String,
    /// The MIME type that the gateway reported.
    pub content_type: String,
}

/// Maximum size of a file, in bytes. The gateway accepts 5 MB from most carriers.
pub const MAX_SIZE: u64 = 16 * 1024 * 1024;
/// Maximum number of redirects.
const MAX_REDIRECTS: usize = 5;
/// Time limit for the response to begin, and for each part of its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a media file cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The address is not that of a media file at the gateway, or a redirect is not allowed.
    #[error("the address is not allowed")]
    ForbiddenAddress,
    /// The gateway has deleted the file.
    #[error("the gateway has deleted the file")]
    Gone,
    /// The file is larger than [`MAX_SIZE`].
    #[error("the file is too large")]
    TooLarge,
    /// The file did not arrive in time.
    #[error("the file did not arrive in time")]
    Timeout,
    /// The gateway did not respond.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The gateway responded with another status.
    #[error("the gateway responded with status {0}")]
    Status(u16),
    /// The gateway redirects more than `MAX_REDIRECTS` times.
    #[error("the gateway redirects too often")]
    TooManyRedirects,
    /// The gateway redirects to no address.
    #[error("the gateway's redirect has no valid address")]
    InvalidRedirect,
    /// The connection broke before the end of the file.
    #[error(transparent)]
    Interrupted(hyper::Error),
}

/// A media file that has begun to arrive.
pub struct MediaDownload {
    /// The MIME type, if the response contains it.
    pub content_type: Option<String>,
    /// The size in bytes, if the response contains it.
    pub length: Option<u64>,
    body: Body,
}

impl fmt::Debug for MediaDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaDownload").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

impl MediaDownload {
    fn from_response(response: Response<Body>) -> Result<Self, DownloadError> {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let length = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if length.is_some_and(|length| length > MAX_SIZE) {
            return Err(DownloadError::TooLarge);
        }
        let content_type = header(CONTENT_TYPE).map(str::to_owned);
        Ok(Self { content_type, length, body: response.into_body() })
    }

    /// Returns the file as a stream of its parts. The stream fails when the file is too large or the next part is too
    /// late; the client's response then ends incomplete.
    pub fn parts(self) -> impl Stream<Item = Result<Bytes, DownloadError>> {
        stream::try_unfold((self.body, MAX_SIZE), |(mut body, left)| async move {
            let chunk =
                tokio::time::timeout(READ_TIMEOUT, body.data()).await.map_err(|_| DownloadError::Timeout)?;
            let Some(chunk) = chunk else { return Ok(None) };
            let chunk = chunk.map_err(DownloadError::Interrupted)?;
            let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            let left = left.checked_sub(length).ok_or(DownloadError::TooLarge)?;
            Ok(Some((chunk, (body, left))))
        })
    }
}

impl GatewayClient {
    /// Begins to fetch the media file at this address.
    ///
    /// # Errors
    /// Fails when the address is not allowed, or the gateway does not return the file.
    pub async fn media(&self, address: &str) -> Result<MediaDownload, DownloadError> {
        let path = self.media_path(address).ok_or(DownloadError::ForbiddenAddress)?;
        let (transport, request) = self.request(Method::GET, &path, None).map_err(TransportError::from)?;
        let mut request = transport.readdressed(request).map_err(TransportError::from)?;
        for _ in 0..=MAX_REDIRECTS {
            let from = request.uri().clone();
            let opened = tokio::time::timeout(READ_TIMEOUT, transport.open(request)).await;
            let response = opened.map_err(|_| DownloadError::Timeout)??;
            match response.status().as_u16() {
                200 => return MediaDownload::from_response(response),
                301 | 302 | 303 | 307 | 308 => request = redirected(&from, &response)?,
                404 | 410 => return Err(DownloadError::Gone),
                status => return Err(DownloadError::Status(status)),
            }
        }
        Err(DownloadError::TooManyRedirects)
    }

    /// Returns the path below our account, if the address is that of a media file there.
    fn media_path(&self, address: &str) -> Option<String> {
        let uri: Uri = address.parse().ok()?;
        let is_ours =
            uri.scheme() == self.api_url().scheme() && uri.authority() == self.api_url().authority();
        let is_twilios = uri.scheme_str() == Some("https") && uri.authority()?.as_str() == "api.twilio.com";
        if !(is_ours || is_twilios) || uri.query().is_some() {
            return None;
        }
        let path = self.path_below_account(uri.path()).ok()?;
        // Some gateways have UUIDs as ids.
        let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_id = |part: &str| !part.is_empty() && part.bytes().all(is_id_byte);
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["Messages", message, "Media", media] if is_id(message) && is_id(media) => Some(path),
            _ => None,
        }
    }
}

/// Builds the request for a redirect, without credentials. A redirect from HTTPS to HTTP is refused.
fn redirected(from: &Uri, response: &Response<Body>) -> Result<Request<Body>, DownloadError> {
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()?.parse::<Uri>().ok());
    let mut parts = to.ok_or(DownloadError::InvalidRedirect)?.into_parts();
    if parts.authority.is_none() {
        parts.scheme = from.scheme().cloned();
        parts.authority = from.authority().cloned();
    }
    let to = Uri::from_parts(parts).map_err(|_| DownloadError::ForbiddenAddress)?;
    if to.scheme_str() != Some("https") && to.scheme() != from.scheme() {
        return Err(DownloadError::ForbiddenAddress);
    }
    Request::get(to).body(Body::empty()).map_err(|_| DownloadError::ForbiddenAddress)
}
