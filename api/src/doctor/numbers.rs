//! Whether the teams' numbers are the gateway's, and the other way round: each brings its texts here, and somebody owns
//! it here. Numbers of the account that serve something else are not our business.

use std::collections::BTreeMap;

use super::Finding;
use crate::{
    config::{GatewayKind, Settings},
    db::Db,
    gateway::{MESSAGES_WEBHOOK, client::GatewayClient},
    teams,
};

const WHAT: &str = "numbers";

pub(super) async fn examine(
    settings: &Settings,
    db: Option<&Db>,
    gateway: Option<&GatewayClient>,
    findings: &mut Vec<Finding>,
) {
    let (Some(db), Some(gateway)) = (db, gateway) else {
        return findings.push(Finding::unchecked(WHAT, "they need the database and the gateway"));
    };
    let (teams, there) = match (db.read(teams::all).await, gateway.numbers().await) {
        (Ok(teams), Ok(there)) => (teams, there),
        (Err(fault), _) => return findings.push(Finding::unchecked(WHAT, fault.to_string())),
        (_, Err(fault)) => return findings.push(Finding::unchecked(WHAT, fault.to_string())),
    };
    let mut there: BTreeMap<String, Option<String>> =
        there.into_iter().map(|number| (number.phone_number, number.sms_url)).collect();
    // The simulator is told by the desk, which knows its own address best.
    let webhook = match (&settings.http.public_url, settings.gateway.kind) {
        (Some(public), GatewayKind::Twilio) => Some(format!("{public}{MESSAGES_WEBHOOK}")),
        _ => None,
    };
    let before = findings.len();
    for (team, number) in teams.iter().flat_map(|team| team.numbers.iter().map(move |number| (team, number)))
    {
        match (there.remove(number.as_str()), &webhook) {
            (None, _) => findings.push(Finding::wrong(
                WHAT,
                format!("{number} of {} is none of the gateway's account", team.name),
                "get it there, or take it from the team",
            )),
            (Some(url), Some(webhook)) if url.as_ref() != Some(webhook) => findings.push(Finding::wrong(
                WHAT,
                format!("the gateway does not bring the texts to {number} of {} here", team.name),
                format!("set its \"A message comes in\" to {webhook}"),
            )),
            _ => {}
        }
    }
    for (number, url) in there {
        if webhook.is_some() && url == webhook {
            findings.push(Finding::wrong(
                WHAT,
                format!("the texts to {number} come here, and no team owns it, so they are refused"),
                "give it to a team",
            ));
        }
    }
    if findings.len() == before {
        findings.push(Finding::fine(WHAT, "every number has its team, and is the gateway's"));
    }
}
