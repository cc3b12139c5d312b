//! Sends a request to a webhook as the gateway does, to test it.

use std::time::Duration;

use hyper::{Body, Request, Uri};
use twilio_async::encode_pairs;

use super::transport::{NotSent, Transport, TransportError};

/// Posts a signed form to a webhook, and returns the HTTP status of the response. The webhook processes the form like
/// any other, so the caller chooses one that changes nothing.
///
/// # Errors
/// Fails when there is no response.
pub(crate) async fn probe_webhook(
    url: &str,
    form: &[(String, String)],
    (header, signature): (&str, &str),
    timeout: Duration,
) -> Result<u16, TransportError> {
    let to: Uri = url.parse().map_err(NotSent::from)?;
    let request = Request::post(to.clone())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header(header, signature)
        .body(Body::from(encode_pairs(form).unwrap_or_default()))
        .map_err(NotSent::from)?;
    Ok(Transport::to(to, timeout).send_as_addressed(request).await?.status)
}
