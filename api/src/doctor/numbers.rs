//! Checks that each team's number belongs to the gateway account and delivers its messages to this server, and that a
//! team owns each number that does. Ignores numbers of the account that serve another purpose.

use std::collections::BTreeMap;

use super::Finding;
use crate::{
    config::{GatewayKind, Settings},
    db::Db,
    gateway::client::GatewayClient,
    teams,
    webhooks::MESSAGES_WEBHOOK,
};

const NUMBERS: &str = "numbers";

pub(super) async fn check(
    settings: &Settings,
    db: Option<&Db>,
    gateway: Option<&GatewayClient>,
    findings: &mut Vec<Finding>,
) {
    let (Some(db), Some(gateway)) = (db, gateway) else {
        return findings.push(Finding::not_checked(NUMBERS, "the database or the gateway is not available"));
    };
    let (teams, at_gateway) = match (db.read(teams::all).await, gateway.numbers().await) {
        (Ok(teams), Ok(at_gateway)) => (teams, at_gateway),
        (Err(error), _) => return findings.push(Finding::not_checked(NUMBERS, error.to_string())),
        (_, Err(error)) => return findings.push(Finding::not_checked(NUMBERS, error.to_string())),
    };
    let mut webhooks: BTreeMap<String, Option<String>> =
        at_gateway.into_iter().map(|number| (number.phone_number, number.sms_url)).collect();
    // The server itself sets the webhook addresses of the simulator.
    let webhook = match (&settings.http.public_url, settings.gateway.kind) {
        (Some(public), GatewayKind::Twilio) => Some(format!("{public}{MESSAGES_WEBHOOK}")),
        _ => None,
    };
    let before = findings.len();
    for (team, number) in teams.iter().flat_map(|team| team.numbers.iter().map(move |number| (team, number)))
    {
        match (webhooks.remove(number.as_str()), &webhook) {
            (None, _) => findings.push(Finding::wrong(
                NUMBERS,
                format!("{number} of {} does not belong to the gateway account", team.name),
                "add it to the account, or remove it from the team",
            )),
            (Some(url), Some(webhook)) if url.as_ref() != Some(webhook) => findings.push(Finding::wrong(
                NUMBERS,
                format!("the gateway does not deliver messages to {number} of {} to this server", team.name),
                format!("set its \"A message comes in\" to {webhook}"),
            )),
            _ => {}
        }
    }
    for (number, url) in webhooks {
        if webhook.is_some() && url == webhook {
            findings.push(Finding::wrong(
                NUMBERS,
                format!(
                    "messages to {number} are delivered to this server, but no team owns the number, so they are \
                     rejected"
                ),
                "add the number to a team",
            ));
        }
    }
    if findings.len() == before {
        findings.push(Finding::ok(NUMBERS, "each belongs to a team and to the gateway account"));
    }
}
