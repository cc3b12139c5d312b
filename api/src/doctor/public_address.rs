//! Whether the public address leads to the desk, with the signature that the gateway will give: a receipt to ourselves
//! that tells nothing, so that it leaves nothing behind.

use secrecy::ExposeSecret;

use super::Finding;
use crate::{
    config::{GatewayKind, Settings},
    gateway::{STATUS_WEBHOOK, knock::knock},
};

const WHAT: &str = "public address";

pub(super) async fn examine(settings: &Settings) -> Finding {
    let listen = settings.http.listen;
    let public = match &settings.http.public_url {
        Some(public) => public.clone(),
        None if settings.gateway.kind == GatewayKind::Twilio
            && settings.gateway.api_url.starts_with("https:") =>
        {
            let fault = format!("none is set, and the gateway cannot reach http://{listen}");
            return Finding::wrong(WHAT, fault, "set SMS_CHAT_PUBLIC_URL=https://...");
        }
        None if listen.port() == 0 => {
            return Finding::unchecked(WHAT, "the desk takes whatever port is free; set SMS_CHAT_LISTEN");
        }
        None => format!("http://{listen}"),
    };
    let url = format!("{public}{STATUS_WEBHOOK}");
    let form = [("MessageSid", format!("SM{}", "0".repeat(32))), ("MessageStatus", "received".to_owned())];
    let form = form.map(|(name, value)| (name.to_owned(), value));
    // Signed by the simulator's code, which was written apart from that which checks.
    let signature = simulator::sign(settings.credentials().auth_token.expose_secret(), &url, &form);
    match knock(&url, &form, &signature, settings.gateway.timeout).await {
        Ok(204) => Finding::fine(WHAT, format!("{public} leads to the desk, which takes the signature")),
        Ok(403) => Finding::wrong(
            WHAT,
            format!("{public} leads to a desk that refuses the signature"),
            "start it with the same SMS_CHAT_PUBLIC_URL and TWILIO_AUTH_TOKEN as this command",
        ),
        Ok(status) => Finding::wrong(
            WHAT,
            format!("{public} leads to something that answers {status} where the desk would not"),
            format!("let the proxy there pass everything on to the desk at {listen} as it is"),
        ),
        Err(fault) => Finding::wrong(
            WHAT,
            format!("nothing answers at {public}: {fault}"),
            format!("start the desk, and let {public} lead to it"),
        ),
    }
}
