//! Who carries the texts, where it is reached, and what proves that it is us.

use std::{net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use secrecy::SecretString;

use super::{
    SettingArgs, SettingFault, Settings,
    secret::simulators_own,
    values::{given, parsed, web_address, within},
};

/// Who carries the texts.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Which gateway.
    pub kind: GatewayKind,
    /// Twilio's account, or the simulator's; `None` gives the simulator one of its own.
    pub credentials: Option<Credentials>,
    /// Where Twilio's API is.
    pub api_url: String,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// How old a text may become before it is not sent any more.
    pub give_up_after: TimeDelta,
    /// How long the gateway may take to accept and list a message after our request has ended.
    pub list_lag: TimeDelta,
    /// Where the simulator listens.
    pub simulator_listen: SocketAddr,
    /// How often what the webhooks have missed is looked for.
    pub repair_every: Option<TimeDelta>,
}

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// Twilio, or what speaks its protocol at `TWILIO_API_URL`.
    Twilio,
    /// The built-in stand-in: no real text is sent.
    Simulator,
}

/// What proves to the gateway that it is us, and to us that it is the gateway.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account's id, `AC...`.
    pub account_sid: String,
    /// The account's secret.
    pub auth_token: SecretString,
    /// Its other one, while it is being changed.
    pub secondary_auth_token: Option<SecretString>,
}

impl Settings {
    /// The given account, or the simulator's own.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.gateway.credentials.clone().unwrap_or_else(|| simulators_own(&self.jwt_secret))
    }
}

pub(super) fn read(args: &SettingArgs) -> Result<GatewaySettings, SettingFault> {
    let credentials = match (given(&args.twilio_account_sid), given(&args.twilio_auth_token)) {
        (Some(sid), Some(token)) => Some(Credentials {
            account_sid: sid.to_owned(),
            auth_token: SecretString::from(token),
            secondary_auth_token: given(&args.twilio_auth_token_secondary).map(SecretString::from),
        }),
        (None, None) => None,
        (sid, _) => {
            let (variable, example) = match sid {
                Some(_) => ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
                None => ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
            };
            return Err(SettingFault { variable, fault: "is missing beside its other half".into(), example });
        }
    };
    if credentials.is_none() && given(&args.twilio_auth_token_secondary).is_some() {
        return Err(SettingFault {
            variable: "TWILIO_AUTH_TOKEN_SECONDARY",
            fault: "stands beside no TWILIO_AUTH_TOKEN".into(),
            example: "0123456789abcdef0123456789abcdef",
        });
    }
    let kind = match (given(&args.gateway), &credentials) {
        (Some("twilio"), Some(_)) | (None, Some(_)) => GatewayKind::Twilio,
        (Some("simulator"), _) | (None, None) => GatewayKind::Simulator,
        (Some("twilio"), None) => {
            return Err(SettingFault {
                variable: "TWILIO_ACCOUNT_SID",
                fault: "and TWILIO_AUTH_TOKEN are needed with SMS_CHAT_GATEWAY=twilio".into(),
                example: "AC0123456789abcdef0123456789abcdef",
            });
        }
        (Some(other), _) => {
            return Err(SettingFault {
                variable: "SMS_CHAT_GATEWAY",
                fault: format!("is {other:?}, which is neither twilio nor simulator"),
                example: "twilio",
            });
        }
    };
    Ok(GatewaySettings {
        kind,
        credentials,
        api_url: web_address(
            given(&args.twilio_api_url).unwrap_or("https://api.twilio.com"),
            "TWILIO_API_URL",
            "https://api.twilio.com",
        )?,
        timeout: Duration::from_secs(u64::from(within(
            &args.gateway_timeout,
            1..=60,
            10,
            "SMS_CHAT_GATEWAY_TIMEOUT",
            "10",
        )?)),
        give_up_after: TimeDelta::hours(i64::from(within(
            &args.give_up_hours,
            1..=168,
            12,
            "SMS_CHAT_GIVE_UP_HOURS",
            "12",
        )?)),
        list_lag: TimeDelta::seconds(i64::from(within(
            &args.gateway_list_lag,
            0..=3600,
            300,
            "SMS_CHAT_GATEWAY_LIST_LAG",
            "300",
        )?)),
        simulator_listen: parsed(
            &args.simulator_listen,
            "127.0.0.1:0",
            "SMS_CHAT_SIMULATOR_LISTEN",
            "127.0.0.1:8081",
        )?,
        repair_every: match within(&args.repair_seconds, 0..=86_400, 300, "SMS_CHAT_REPAIR_SECONDS", "300")? {
            0 => None,
            seconds => Some(TimeDelta::seconds(seconds.into())),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_credentials_the_simulator_carries_the_texts_and_with_them_twilio() {
        let kind = |args: SettingArgs| read(&args).unwrap().kind;
        let both = || SettingArgs {
            twilio_account_sid: Some("AC1".into()),
            twilio_auth_token: Some("secret".into()),
            ..SettingArgs::default()
        };
        assert_eq!(kind(SettingArgs::default()), GatewayKind::Simulator);
        assert_eq!(kind(both()), GatewayKind::Twilio);
        assert_eq!(kind(SettingArgs { gateway: Some("simulator".into()), ..both() }), GatewayKind::Simulator);
    }
}
