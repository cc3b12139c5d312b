//! Who carries the texts, where it is reached, and what proves that it is us.

use std::{net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use secrecy::SecretString;

use super::{
    SettingArgs, SettingFault, Settings,
    secret::simulators_own,
    values::{given, parsed, web_address, within},
};

/// Where Twilio's API is.
const TWILIO: &str = "https://api.twilio.com";

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
    let api_url = web_address(
        given(&args.twilio_api_url).unwrap_or(TWILIO),
        "TWILIO_API_URL",
        "https://api.twilio.com",
    )?;
    if let Some(credentials) = &credentials {
        check_account_sid(&credentials.account_sid, &api_url)?;
    }
    Ok(GatewaySettings {
        kind,
        credentials,
        api_url,
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
        simulator_listen: simulator_listen(args)?,
        repair_every: match within(&args.repair_seconds, 0..=86_400, 300, "SMS_CHAT_REPAIR_SECONDS", "300")? {
            0 => None,
            seconds => Some(TimeDelta::seconds(seconds.into())),
        },
    })
}

/// The account's id as Twilio writes it; gateways that speak its protocol elsewhere may use a UUID.
fn check_account_sid(sid: &str, api_url: &str) -> Result<(), SettingFault> {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_twilios = sid.strip_prefix("AC").is_some_and(|rest| rest.len() == 32 && is_hex(rest));
    let groups: Vec<&str> = sid.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| is_hex(group));
    if is_twilios || (is_uuid && api_url != TWILIO) {
        return Ok(());
    }
    Err(SettingFault {
        variable: "TWILIO_ACCOUNT_SID",
        fault: format!("is {sid:?}, which is not AC and 32 hexadecimal digits"),
        example: "AC0123456789abcdef0123456789abcdef",
    })
}

/// The simulator's control paths ask for no password, so that it listens on loopback alone.
fn simulator_listen(args: &SettingArgs) -> Result<SocketAddr, SettingFault> {
    const VARIABLE: &str = "SMS_CHAT_SIMULATOR_LISTEN";
    const EXAMPLE: &str = "127.0.0.1:8081";
    let listen: SocketAddr = parsed(&args.simulator_listen, "127.0.0.1:0", VARIABLE, EXAMPLE)?;
    if listen.ip().is_loopback() {
        return Ok(listen);
    }
    let fault =
        format!("is {listen}, which other machines can reach; the simulator listens on loopback only");
    Err(SettingFault { variable: VARIABLE, fault, example: EXAMPLE })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "AC0123456789abcdef0123456789abcdef";

    fn fault(args: &SettingArgs) -> String {
        read(args).unwrap_err().to_string()
    }

    #[test]
    fn an_account_sid_is_ac_and_32_hexadecimal_digits_or_elsewhere_a_uuid() {
        let with = |sid: &str, api_url: Option<&str>| SettingArgs {
            twilio_account_sid: Some(sid.into()),
            twilio_auth_token: Some("secret".into()),
            twilio_api_url: api_url.map(str::to_owned),
            ..SettingArgs::default()
        };
        assert!(read(&with(SID, None)).is_ok());
        let uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        assert!(read(&with(uuid, Some("https://desk.signalwire.com/api/laml"))).is_ok());
        for wrong in
            ["AC1", "SK0123456789abcdef0123456789abcdef", "AC0123456789abcdef0123456789abcdeg", uuid, "AC-"]
        {
            assert!(fault(&with(wrong, None)).starts_with("TWILIO_ACCOUNT_SID is "), "{wrong}");
        }
    }

    #[test]
    fn the_simulator_listens_on_loopback_only() {
        let at =
            |listen: &str| SettingArgs { simulator_listen: Some(listen.into()), ..SettingArgs::default() };
        assert!(read(&at("127.0.0.1:8081")).is_ok() && read(&at("[::1]:0")).is_ok());
        for wrong in ["0.0.0.0:8081", "[::]:8081", "192.0.2.1:8081"] {
            assert!(fault(&at(wrong)).starts_with("SMS_CHAT_SIMULATOR_LISTEN is "), "{wrong}");
        }
    }

    #[test]
    fn without_credentials_the_simulator_carries_the_texts_and_with_them_twilio() {
        let kind = |args: SettingArgs| read(&args).unwrap().kind;
        let both = || SettingArgs {
            twilio_account_sid: Some(SID.into()),
            twilio_auth_token: Some("secret".into()),
            ..SettingArgs::default()
        };
        assert_eq!(kind(SettingArgs::default()), GatewayKind::Simulator);
        assert_eq!(kind(both()), GatewayKind::Twilio);
        assert_eq!(kind(SettingArgs { gateway: Some("simulator".into()), ..both() }), GatewayKind::Simulator);
    }
}
