//! Knocks at a webhook as the gateway does. It must never carry anything that a webhook would keep.

use std::time::Duration;

use hyper::{Body, Request, Uri};
use twilio_async::encode_pairs;

use super::transport::{NoAnswer, Transport};

/// Posts a signed form to a webhook; the HTTP status of the answer.
///
/// # Errors
/// When there is no answer.
pub(crate) async fn knock(
    url: &str,
    form: &[(String, String)],
    signature: &str,
    timeout: Duration,
) -> Result<u16, NoAnswer> {
    let unfit = |fault: &dyn std::fmt::Display| NoAnswer::NotSent(fault.to_string());
    let to: Uri = url.parse().map_err(|fault| unfit(&fault))?;
    let request = Request::post(to.clone())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(encode_pairs(form).unwrap_or_default()))
        .map_err(|fault| unfit(&fault))?;
    Ok(Transport::to(to, timeout).send_as_addressed(request).await?.status)
}
