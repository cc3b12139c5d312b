//! Whether the gateway knows us, and whether its clock and ours agree.

use chrono::TimeDelta;
use hyper::{Body, Request, Uri};

use super::Finding;
use crate::{
    clock::Clock,
    config::{GatewayKind, Settings},
    gateway::client::{AskError, GatewayClient},
};

/// By how much the clocks may differ: more, and people wonder about the times of texts.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// The gateway, if it knows us.
pub(super) async fn examine(
    settings: &Settings,
    clock: &Clock,
    findings: &mut Vec<Finding>,
) -> Option<GatewayClient> {
    const CREDENTIALS: &str = "credentials";
    const CLOCK: &str = "clock";
    let client = match client(settings).await {
        Ok(client) => client,
        Err(why) => {
            findings.push(Finding::unchecked(CREDENTIALS, &*why));
            findings.push(Finding::unchecked(CLOCK, why));
            return None;
        }
    };
    let there = match client.greet().await {
        Ok(there) => there,
        Err(fault) => {
            let fix = match fault {
                AskError::Unauthorised => {
                    "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from the console anew"
                }
                _ => "check TWILIO_API_URL, and whether this machine may connect there",
            };
            findings.push(Finding::wrong(CREDENTIALS, fault.to_string(), fix));
            findings.push(Finding::unchecked(CLOCK, "it is compared with the gateway's"));
            return None;
        }
    };
    findings.push(Finding::fine(CREDENTIALS, "the gateway knows us"));
    findings.push(match there.map(|there| clock.now() - there) {
        None => Finding::unchecked(CLOCK, "the gateway does not say what time it is"),
        Some(skew) if skew.abs() > SKEW => {
            let side = if skew > TimeDelta::zero() { "ahead of" } else { "behind" };
            let fault = format!("this machine is {} s {side} the gateway", skew.abs().num_seconds());
            Finding::wrong(CLOCK, fault, "let this machine keep its time by NTP")
        }
        Some(_) => Finding::fine(CLOCK, "it agrees with the gateway's"),
    });
    Some(client)
}

async fn client(settings: &Settings) -> Result<GatewayClient, String> {
    let gateway = &settings.gateway;
    let api_url = match gateway.kind {
        GatewayKind::Twilio => gateway.api_url.clone(),
        GatewayKind::Simulator if gateway.simulator_listen.port() != 0 => {
            format!("http://{}", gateway.simulator_listen)
        }
        GatewayKind::Simulator => simulator_of_running_desk(settings).await?,
    };
    let credentials = settings.credentials();
    GatewayClient::new(
        credentials.account_sid,
        credentials.auth_token,
        &api_url,
        String::new(),
        gateway.timeout,
    )
}

/// The simulator is part of a running desk, which alone knows its port and leads to its handset.
async fn simulator_of_running_desk(settings: &Settings) -> Result<String, String> {
    let none = |fault: &dyn std::fmt::Display| {
        format!(
            "the simulator is part of a running desk, and none answers at {}: {fault}",
            settings.http.listen
        )
    };
    let request = Request::get(format!("http://{}/handset", settings.http.listen)).body(Body::empty());
    let request = request.map_err(|error| none(&error))?;
    let answer = hyper::Client::new().request(request);
    let answer = tokio::time::timeout(settings.gateway.timeout, answer).await;
    let answer = answer.map_err(|_| none(&"it took too long"))?.map_err(|error| none(&error))?;
    let handset = answer.headers().get("location").and_then(|url| url.to_str().ok()?.parse::<Uri>().ok());
    let authority = handset.as_ref().and_then(Uri::authority);
    authority
        .map(|authority| format!("http://{authority}"))
        .ok_or_else(|| "the desk that runs has another gateway than the simulator".to_owned())
}
