//! The settings: read once, from flags or the environment, into a struct per concern. A bad value stops the start
//! with one line that names the variable, the fault and an example.

mod args;
mod document;
mod secret;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::db::DatabaseUrl;

pub use args::SettingArgs;
pub use document::document;
use values::{given, parsed, public_url, web_address, within};

/// A value that cannot be used: one line for the person who set it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable} {fault}; for example: {variable}={example}")]
pub struct SettingFault {
    variable: &'static str,
    fault: String,
    example: &'static str,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the desk keeps what it knows.
    pub database: DatabaseSettings,
    /// Where it listens, and what it is called from outside.
    pub http: HttpSettings,
    /// Signs the access tokens.
    pub jwt_secret: SecretString,
    /// Who carries the texts.
    pub gateway: GatewaySettings,
    /// How much one caller may ask.
    pub limits: LimitSettings,
}

/// Where the desk keeps what it knows.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// The database.
    pub url: DatabaseUrl,
    /// How many connections for requests.
    pub connections: u32,
}

/// Where the desk listens, and what it is called from outside.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// How the gateway and browsers reach it, without a slash at the end; `None` when it is just the address.
    pub public_url: Option<String>,
}

/// Who carries the texts.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Which gateway.
    pub kind: GatewayKind,
    /// Twilio's account, or the simulator's; `None` lets the simulator make its own.
    pub credentials: Option<Credentials>,
    /// Where Twilio's API is.
    pub api_url: String,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// How old a text may become before it is not sent any more.
    pub give_up_after: TimeDelta,
    /// Where the simulator listens.
    pub simulator_listen: SocketAddr,
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
}

/// How much one caller may ask.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Requests a minute for each account and each API key; 0 for no limit.
    pub requests_per_minute: u32,
    /// How many days back a search goes.
    pub search_days: u32,
}

impl Settings {
    /// Checks the given values and fills in the rest.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn from_args(args: &SettingArgs) -> Result<Self, SettingFault> {
        let url: DatabaseUrl = match given(&args.database_url) {
            None => DatabaseUrl::Sqlite(PathBuf::from("data/sms-chat.db")),
            Some(text) => text.parse().map_err(|fault: &str| SettingFault {
                variable: "SMS_CHAT_DATABASE_URL",
                fault: fault.to_owned(),
                example: "sqlite://data/sms-chat.db",
            })?,
        };
        let listen = parsed(&args.listen, "127.0.0.1:8080", "SMS_CHAT_LISTEN", "127.0.0.1:8080")?;
        let jwt_secret = secret::jwt_secret(given(&args.jwt_secret), &url)?;
        Ok(Self {
            database: DatabaseSettings {
                url,
                connections: within(
                    &args.database_connections,
                    1..=500,
                    8,
                    "SMS_CHAT_DATABASE_CONNECTIONS",
                    "8",
                )?,
            },
            http: HttpSettings { listen, public_url: public_url(given(&args.public_url))? },
            jwt_secret,
            gateway: gateway(args)?,
            limits: LimitSettings {
                requests_per_minute: within(
                    &args.rate_limit,
                    0..=u32::MAX,
                    120_000,
                    "SMS_CHAT_RATE_LIMIT",
                    "6000",
                )?,
                search_days: within(&args.search_days, 1..=3650, 90, "SMS_CHAT_SEARCH_DAYS", "90")?,
            },
        })
    }
}

fn gateway(args: &SettingArgs) -> Result<GatewaySettings, SettingFault> {
    let credentials = match (given(&args.twilio_account_sid), given(&args.twilio_auth_token)) {
        (Some(sid), Some(token)) => {
            Some(Credentials { account_sid: sid.to_owned(), auth_token: SecretString::from(token) })
        }
        (None, None) => None,
        (sid, _) => {
            let (variable, example) = match sid {
                Some(_) => ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
                None => ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
            };
            return Err(SettingFault { variable, fault: "is missing beside its other half".into(), example });
        }
    };
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
        simulator_listen: parsed(
            &args.simulator_listen,
            "127.0.0.1:0",
            "SMS_CHAT_SIMULATOR_LISTEN",
            "127.0.0.1:8081",
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(args: SettingArgs) -> String {
        Settings::from_args(&args).unwrap_err().to_string()
    }

    fn postgres() -> SettingArgs {
        SettingArgs { database_url: Some("postgres://desk@db/desk".into()), ..SettingArgs::default() }
    }

    #[test]
    fn a_bad_value_names_the_variable_the_fault_and_an_example() {
        let told = fault(SettingArgs { database_url: Some("mysql://x".into()), ..SettingArgs::default() });
        assert_eq!(
            told,
            "SMS_CHAT_DATABASE_URL begins with neither sqlite:// nor postgres://; for example: \
             SMS_CHAT_DATABASE_URL=sqlite://data/sms-chat.db"
        );
        assert!(fault(postgres()).starts_with("SMS_CHAT_JWT_SECRET "));
        let with_secret = || SettingArgs { jwt_secret: Some("x".repeat(32)), ..postgres() };
        assert!(Settings::from_args(&with_secret()).is_ok());
        let wrong = [
            SettingArgs { listen: Some("8080".into()), ..with_secret() },
            SettingArgs { gateway: Some("pigeon".into()), ..with_secret() },
            SettingArgs { gateway: Some("twilio".into()), ..with_secret() },
            SettingArgs { twilio_account_sid: Some("AC1".into()), ..with_secret() },
            SettingArgs { public_url: Some("desk.example.com".into()), ..with_secret() },
            SettingArgs { database_connections: Some("0".into()), ..with_secret() },
        ];
        let named = wrong.map(|args| fault(args).split(' ').next().unwrap().to_owned());
        assert_eq!(
            named,
            [
                "SMS_CHAT_LISTEN",
                "SMS_CHAT_GATEWAY",
                "TWILIO_ACCOUNT_SID",
                "TWILIO_AUTH_TOKEN",
                "SMS_CHAT_PUBLIC_URL",
                "SMS_CHAT_DATABASE_CONNECTIONS"
            ]
        );
    }

    #[test]
    fn without_credentials_the_simulator_carries_the_texts_and_with_them_twilio() {
        let kind = |args: SettingArgs| gateway(&args).unwrap().kind;
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
