//! The settings of the SMS gateway: which one, its address, its credentials and its time limits.

use std::{net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use secrecy::SecretString;

use super::{
    SettingArgs, SettingError, Settings, WebhookSignature,
    secret::simulator_credentials,
    signature,
    values::{non_empty, parse_in_range, parse_or_default, parse_web_address},
};

/// The base URL of Twilio's API.
const TWILIO: &str = "https://api.twilio.com";

/// The settings of the SMS gateway.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Which gateway.
    pub kind: GatewayKind,
    /// The account at Twilio or the simulator. With `None`, the simulator uses credentials derived from the JWT secret.
    pub credentials: Option<Credentials>,
    /// The base URL of the gateway's API.
    pub api_url: String,
    /// The header of the webhooks' signatures, and the signing keys. No keys stand for the auth tokens.
    pub(super) signature: WebhookSignature,
    /// Timeout of a request to the gateway.
    pub timeout: Duration,
    /// Age at which an unsent message is marked as failed.
    pub give_up_after: TimeDelta,
    /// How long the gateway may take to list a message after a send request that got no answer.
    pub list_lag: TimeDelta,
    /// The address that the simulator listens on.
    pub simulator_listen: SocketAddr,
    /// Interval of gap repair: the search for messages whose webhooks were lost. `None` turns it off.
    pub repair_every: Option<TimeDelta>,
}

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// Twilio, or a gateway with the same protocol at `TWILIO_API_URL`.
    Twilio,
    /// The built-in simulator, which sends no real messages.
    Simulator,
}

/// Authenticates requests to the gateway. The secrets also verify its webhooks, unless signing keys are set.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account's id, `AC...`.
    pub account_sid: String,
    /// The account's secret.
    pub auth_token: SecretString,
    /// The account's second secret during a rotation.
    pub secondary_auth_token: Option<SecretString>,
}

impl Settings {
    /// The configured account, or the simulator's default credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.gateway.credentials.clone().unwrap_or_else(|| simulator_credentials(&self.jwt_secret))
    }
}

pub(super) fn read(args: &SettingArgs) -> Result<GatewaySettings, SettingError> {
    let credentials = credentials(args)?;
    let kind = kind(args, credentials.is_some())?;
    let api_url = parse_web_address(
        non_empty(&args.twilio_api_url).unwrap_or(TWILIO),
        "TWILIO_API_URL",
        "https://api.twilio.com",
    )?;
    if let Some(credentials) = &credentials {
        check_account_sid(&credentials.account_sid, &api_url)?;
    }
    let timeout = parse_in_range(&args.gateway_timeout, 1..=60, 10, "SMS_CHAT_GATEWAY_TIMEOUT", "10")?;
    let give_up_hours = parse_in_range(&args.give_up_hours, 1..=168, 12, "SMS_CHAT_GIVE_UP_HOURS", "12")?;
    let list_lag = parse_in_range(&args.gateway_list_lag, 0..=3600, 300, "SMS_CHAT_GATEWAY_LIST_LAG", "300")?;
    let simulator_listen = simulator_listen(args)?;
    let repair_seconds =
        parse_in_range(&args.repair_seconds, 0..=86_400, 300, "SMS_CHAT_REPAIR_SECONDS", "300")?;
    Ok(GatewaySettings {
        kind,
        credentials,
        api_url,
        signature: signature::read(args)?,
        timeout: Duration::from_secs(timeout.into()),
        give_up_after: TimeDelta::hours(give_up_hours.into()),
        list_lag: TimeDelta::seconds(list_lag.into()),
        simulator_listen,
        repair_every: (repair_seconds > 0).then(|| TimeDelta::seconds(repair_seconds.into())),
    })
}

/// Reads the account's credentials. The SID and the token are needed together.
fn credentials(args: &SettingArgs) -> Result<Option<Credentials>, SettingError> {
    const SID: (&str, &str) = ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef");
    const TOKEN: (&str, &str) = ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef");
    let secondary = non_empty(&args.twilio_auth_token_secondary);
    let missing = |(variable, example), (other, _): (&str, &str)| SettingError {
        variable,
        problem: format!("is missing; {other} is set, and both are needed"),
        example,
    };
    match (non_empty(&args.twilio_account_sid), non_empty(&args.twilio_auth_token)) {
        (Some(sid), Some(token)) => Ok(Some(Credentials {
            account_sid: sid.to_owned(),
            auth_token: SecretString::from(token),
            secondary_auth_token: secondary.map(SecretString::from),
        })),
        (Some(_), None) => Err(missing(TOKEN, SID)),
        (None, Some(_)) => Err(missing(SID, TOKEN)),
        (None, None) if secondary.is_some() => Err(SettingError {
            variable: "TWILIO_AUTH_TOKEN_SECONDARY",
            problem: "is set without TWILIO_AUTH_TOKEN".into(),
            example: TOKEN.1,
        }),
        (None, None) => Ok(None),
    }
}

/// Reads which gateway to use. By default it is Twilio if there are credentials, or else the simulator.
fn kind(args: &SettingArgs, has_credentials: bool) -> Result<GatewayKind, SettingError> {
    match non_empty(&args.gateway) {
        Some("simulator") => Ok(GatewayKind::Simulator),
        Some("twilio") if !has_credentials => Err(SettingError {
            variable: "TWILIO_ACCOUNT_SID",
            problem: "and TWILIO_AUTH_TOKEN are required with SMS_CHAT_GATEWAY=twilio".into(),
            example: "AC0123456789abcdef0123456789abcdef",
        }),
        Some("twilio") => Ok(GatewayKind::Twilio),
        Some(other) => Err(SettingError {
            variable: "SMS_CHAT_GATEWAY",
            problem: format!("is {other:?}, but must be twilio or simulator"),
            example: "twilio",
        }),
        None if has_credentials => Ok(GatewayKind::Twilio),
        None => Ok(GatewayKind::Simulator),
    }
}

/// Checks the form of an account SID: Twilio's own, or, at another API URL, also a UUID (as SignalWire uses).
fn check_account_sid(sid: &str, api_url: &str) -> Result<(), SettingError> {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_twilios = sid.strip_prefix("AC").is_some_and(|rest| rest.len() == 32 && is_hex(rest));
    let groups: Vec<&str> = sid.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| is_hex(group));
    if is_twilios || (is_uuid && api_url != TWILIO) {
        return Ok(());
    }
    Err(SettingError {
        variable: "TWILIO_ACCOUNT_SID",
        problem: format!("is {sid:?}, but must be AC followed by 32 hexadecimal digits"),
        example: "AC0123456789abcdef0123456789abcdef",
    })
}

/// Reads the simulator's address. Only loopback is allowed, because its control API has no authentication.
fn simulator_listen(args: &SettingArgs) -> Result<SocketAddr, SettingError> {
    const VARIABLE: &str = "SMS_CHAT_SIMULATOR_LISTEN";
    const EXAMPLE: &str = "127.0.0.1:8081";
    let listen: SocketAddr = parse_or_default(&args.simulator_listen, "127.0.0.1:0", VARIABLE, EXAMPLE)?;
    if listen.ip().is_loopback() {
        return Ok(listen);
    }
    let problem =
        format!("is {listen}, which other machines can reach; the simulator can listen on loopback only");
    Err(SettingError { variable: VARIABLE, problem, example: EXAMPLE })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "AC0123456789abcdef0123456789abcdef";

    fn problem(args: &SettingArgs) -> String {
        read(args).unwrap_err().to_string()
    }

    #[test]
    fn an_account_sid_is_ac_and_32_hexadecimal_digits_or_at_another_gateway_a_uuid() {
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
            assert!(problem(&with(wrong, None)).starts_with("TWILIO_ACCOUNT_SID is "), "{wrong}");
        }
    }

    #[test]
    fn the_simulator_listens_on_loopback_only() {
        let at =
            |listen: &str| SettingArgs { simulator_listen: Some(listen.into()), ..SettingArgs::default() };
        assert!(read(&at("127.0.0.1:8081")).is_ok() && read(&at("[::1]:0")).is_ok());
        for wrong in ["0.0.0.0:8081", "[::]:8081", "192.0.2.1:8081"] {
            assert!(problem(&at(wrong)).starts_with("SMS_CHAT_SIMULATOR_LISTEN is "), "{wrong}");
        }
    }

    #[test]
    fn the_gateway_defaults_to_twilio_with_credentials_and_to_the_simulator_without() {
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
