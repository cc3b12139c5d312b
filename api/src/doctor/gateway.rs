//! Checks that the gateway accepts the credentials, and that its clock and this machine's agree.

use std::net::SocketAddr;

use chrono::TimeDelta;
use hyper::{Body, Request, Uri};

use super::Finding;
use crate::{
    clock::Clock,
    config::{GatewayKind, Settings},
    gateway::client::{GatewayClient, InvalidApiUrl, RequestError},
};

/// Maximum difference of the clocks. With a larger one, agents notice wrong message times.
const MAX_SKEW: TimeDelta = TimeDelta::seconds(30);

/// Why there is no client to check the gateway with.
#[derive(Debug, thiserror::Error)]
enum ClientError {
    #[error(transparent)]
    Url(#[from] InvalidApiUrl),
    #[error("the simulator runs inside the server, and no server answers at {listen}: {reason}")]
    NoServer { listen: SocketAddr, reason: NoResponse },
    #[error("the running server does not use the simulator")]
    OtherGateway,
}

/// Why a request got no response.
#[derive(Debug, thiserror::Error)]
enum NoResponse {
    #[error(transparent)]
    Request(#[from] hyper::http::Error),
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    #[error("the request timed out")]
    Timeout,
}

/// Returns the gateway client if the gateway accepts the credentials.
pub(super) async fn check(
    settings: &Settings,
    clock: &Clock,
    findings: &mut Vec<Finding>,
) -> Option<GatewayClient> {
    const CREDENTIALS: &str = "credentials";
    const CLOCK: &str = "clock";
    let client = match client(settings).await {
        Ok(client) => client,
        Err(error) => {
            findings.push(Finding::not_checked(CREDENTIALS, error.to_string()));
            findings.push(Finding::not_checked(CLOCK, error.to_string()));
            return None;
        }
    };
    let gateway_time = match client.check_credentials().await {
        Ok(gateway_time) => gateway_time,
        Err(fault) => {
            let fix = match fault {
                RequestError::Unauthorised => {
                    "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN again from the gateway's console"
                }
                _ => "check TWILIO_API_URL, and that this machine can connect to it",
            };
            findings.push(Finding::wrong(CREDENTIALS, fault.to_string(), fix));
            findings.push(Finding::not_checked(CLOCK, "the gateway is not available to compare with"));
            return None;
        }
    };
    findings.push(Finding::ok(CREDENTIALS, "the gateway accepts them"));
    findings.push(match gateway_time.map(|gateway_time| clock.now() - gateway_time) {
        None => Finding::not_checked(CLOCK, "the gateway's response contains no time"),
        Some(skew) if skew.abs() > MAX_SKEW => {
            let side = if skew > TimeDelta::zero() { "ahead of" } else { "behind" };
            let problem = format!("this machine's is {} s {side} the gateway's", skew.abs().num_seconds());
            Finding::wrong(CLOCK, problem, "synchronise this machine's clock with NTP")
        }
        Some(_) => Finding::ok(CLOCK, "this machine's agrees with the gateway's"),
    });
    Some(client)
}

async fn client(settings: &Settings) -> Result<GatewayClient, ClientError> {
    let gateway = &settings.gateway;
    let api_url = match gateway.kind {
        GatewayKind::Twilio => gateway.api_url.clone(),
        GatewayKind::Simulator if gateway.simulator_listen.port() != 0 => {
            format!("http://{}", gateway.simulator_listen)
        }
        GatewayKind::Simulator => running_simulator_url(settings).await?,
    };
    let credentials = settings.credentials();
    Ok(GatewayClient::new(
        credentials.account_sid,
        credentials.auth_token,
        &api_url,
        String::new(),
        gateway.timeout,
    )?)
}

/// Finds the simulator's address. The simulator runs inside the server on a port of its own; the server redirects
/// `/handset` to it.
async fn running_simulator_url(settings: &Settings) -> Result<String, ClientError> {
    let none = |reason| ClientError::NoServer { listen: settings.http.listen, reason };
    let request = Request::get(format!("http://{}/handset", settings.http.listen)).body(Body::empty());
    let request = request.map_err(|error| none(error.into()))?;
    let response = hyper::Client::new().request(request);
    let response = tokio::time::timeout(settings.gateway.timeout, response).await;
    let response = response.map_err(|_| none(NoResponse::Timeout))?.map_err(|error| none(error.into()))?;
    let handset = response.headers().get("location").and_then(|url| url.to_str().ok()?.parse::<Uri>().ok());
    let authority = handset.as_ref().and_then(Uri::authority);
    authority.map(|authority| format!("http://{authority}")).ok_or(ClientError::OtherGateway)
}
