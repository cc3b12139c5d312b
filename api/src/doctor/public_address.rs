//! Checks that the public address reaches this server and that the server accepts the gateway's signature. Sends a
//! signed receipt with a status that the server ignores, so that the check changes nothing.

use secrecy::ExposeSecret;

use super::Finding;
use crate::{
    config::{GatewayKind, Settings, WebhookSignature},
    gateway::probe::probe_webhook,
    webhooks::STATUS_WEBHOOK,
};

const ADDRESS: &str = "public address";

pub(super) async fn check(settings: &Settings) -> Finding {
    let listen = settings.http.listen;
    let public = match &settings.http.public_url {
        Some(public) => public.clone(),
        None if settings.gateway.kind == GatewayKind::Twilio
            && settings.gateway.api_url.starts_with("https:") =>
        {
            let problem = format!("it is not set, and the gateway cannot reach http://{listen}");
            return Finding::wrong(ADDRESS, problem, "set SMS_CHAT_PUBLIC_URL=https://...");
        }
        None if listen.port() == 0 => {
            return Finding::not_checked(
                ADDRESS,
                "the server listens on a random port; set SMS_CHAT_LISTEN to a fixed one",
            );
        }
        None => format!("http://{listen}"),
    };
    let url = format!("{public}{STATUS_WEBHOOK}");
    let form = [("MessageSid", format!("SM{}", "0".repeat(32))), ("MessageStatus", "received".to_owned())];
    let form = form.map(|(name, value)| (name.to_owned(), value));
    // Signed by the simulator's code, which is independent of the server's verification.
    let WebhookSignature { header, keys } = settings.webhook_signature();
    let key = keys.first().map(ExposeSecret::expose_secret).unwrap_or_default();
    let signature = simulator::sign(key, &url, &form);
    match probe_webhook(&url, &form, (&header, &signature), settings.gateway.timeout).await {
        Ok(204) => Finding::ok(ADDRESS, format!("the server at {public} accepts the gateway's signature")),
        Ok(403) => Finding::wrong(
            ADDRESS,
            format!("the server at {public} rejects the signature"),
            "start it with the same SMS_CHAT_PUBLIC_URL, TWILIO_AUTH_TOKEN and SMS_CHAT_GATEWAY_SIGN* settings as this \
             command",
        ),
        Ok(status) => Finding::wrong(
            ADDRESS,
            format!("{public} answers {status}, which is not an SMS Chat server's answer"),
            format!("make the proxy forward all requests unchanged to the server at {listen}"),
        ),
        Err(fault) => Finding::wrong(
            ADDRESS,
            format!("no server answers at {public}: {fault}"),
            format!("start the server, and make {public} reach it"),
        ),
    }
}
