//! Creates the gateway's client, and starts the simulator if it is the gateway.

use std::{net::SocketAddr, sync::Arc};

use secrecy::ExposeSecret;
use simulator::Simulator;

use super::StartError;
use crate::{
    config::{Credentials, GatewayKind, Settings},
    db::Db,
    gateway::client::GatewayClient,
    teams,
    webhooks::{MESSAGES_WEBHOOK, STATUS_WEBHOOK},
};

/// Returns the gateway's client, and the simulator if it is the gateway. `address` is the server's own, `public_url` the
/// URL of its webhooks.
pub(super) async fn start(
    db: &Db,
    settings: &Settings,
    address: SocketAddr,
    public_url: &str,
) -> Result<(Arc<GatewayClient>, Option<Simulator>), StartError> {
    let credentials = settings.credentials();
    let simulator = match settings.gateway.kind {
        GatewayKind::Simulator => Some(simulate(db, settings, &credentials, address, public_url).await?),
        GatewayKind::Twilio => None,
    };
    let api_url = simulator.as_ref().map_or_else(|| settings.gateway.api_url.clone(), Simulator::url);
    let client = GatewayClient::new(
        credentials.account_sid,
        credentials.auth_token,
        &api_url,
        format!("{public_url}{STATUS_WEBHOOK}"),
        settings.gateway.timeout,
    )
    .map_err(StartError::Gateway)?;
    Ok((Arc::new(client), simulator))
}

async fn simulate(
    db: &Db,
    settings: &Settings,
    credentials: &Credentials,
    address: SocketAddr,
    public_url: &str,
) -> Result<Simulator, StartError> {
    let listen = settings.gateway.simulator_listen;
    let signature = settings.webhook_signature();
    let simulator = Simulator::start(simulator::Settings {
        listen,
        account_sid: credentials.account_sid.clone(),
        auth_token: credentials.auth_token.expose_secret().to_owned(),
        signature_header: signature.header,
        signing_key: signature.keys.first().map(|key| key.expose_secret().to_owned()),
        messages_url: Some(format!("{public_url}{MESSAGES_WEBHOOK}")),
        // The public URL, which is signed, may not be reachable from this machine.
        deliver_to: Some(format!("http://{address}")),
        ..simulator::Settings::default()
    })
    .map_err(|error| StartError::Simulator(listen, error))?;
    simulator.numbers().set(teams::desk_numbers(db).await?);
    Ok(simulator)
}
