//! Posts a signed form to the server: one attempt with a timeout of 15 seconds, like Twilio. There is no retry: the
//! server recovers lost webhooks by gap repair.

use std::{error::Error, time::Duration};

use hyper::{
    Body, Method, Request, Uri,
    header::{CONTENT_TYPE, USER_AGENT},
};
use serde::{Deserialize, Serialize};

use crate::{signature, world::World};

const TIMEOUT: Duration = Duration::from_secs(15);

/// URLs of the server's webhooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Webhooks {
    /// For inbound messages.
    pub(crate) messages_url: Option<String>,
    /// For the receipts of messages without a `StatusCallback`.
    #[serde(default)]
    pub(crate) status_url: Option<String>,
    /// Scheme and authority that webhooks are posted to, instead of those of their URL.
    #[serde(default)]
    pub(crate) deliver_to: Option<String>,
}

/// Posts a form to `url`, signed for `url`. Returns the HTTP status of the response, if there was one.
pub(crate) async fn post(world: &World, url: &str, form: &[(String, String)]) -> Option<u16> {
    let deliver_to = world.state().webhooks.deliver_to.clone();
    let key = world.settings.signing_key.as_ref().unwrap_or(&world.settings.auth_token);
    let signature = signature::sign(key, url, form);
    match tokio::time::timeout(TIMEOUT, send(world, url, deliver_to.as_deref(), form, &signature)).await {
        Ok(Ok(status)) => Some(status),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the simulator could not post a webhook");
            None
        }
        Err(_) => {
            tracing::warn!("the simulator got no response to a webhook");
            None
        }
    }
}

async fn send(
    world: &World,
    url: &str,
    deliver_to: Option<&str>,
    form: &[(String, String)],
    signature: &str,
) -> Result<u16, Box<dyn Error + Send + Sync>> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(target(url, deliver_to)?)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
        .header(USER_AGENT, "TwilioProxy/1.1")
        .header(world.settings.signature_header.as_str(), signature)
        .body(Body::from(serde_urlencoded::to_string(form)?))?;
    let answer = world.client.request(request).await?;
    let status = answer.status().as_u16();
    // The connection can be reused only after the response is read to its end.
    hyper::body::to_bytes(answer.into_body()).await?;
    Ok(status)
}

fn target(url: &str, deliver_to: Option<&str>) -> Result<Uri, hyper::http::Error> {
    let url: Uri = url.parse()?;
    let Some(base) = deliver_to else { return Ok(url) };
    let mut parts = base.parse::<Uri>()?.into_parts();
    parts.path_and_query = url.path_and_query().cloned();
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn a_webhook_goes_to_its_url_unless_deliver_to_is_set() {
        let url = "https://desk.example/hooks/messages?a=1";
        assert_eq!(target(url, None).expect("a URL"), url);
        assert_eq!(
            target(url, Some("http://127.0.0.1:8080")).expect("a URL"),
            "http://127.0.0.1:8080/hooks/messages?a=1"
        );
        assert!(target("not a url", None).is_err());
    }
}
