//! The settings: read once, from flags or the environment, into a struct per concern. A bad value stops the start
//! with one line that names the variable, the fault and an example.

mod args;
mod document;
mod gateway;
mod proxies;
mod secret;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use secrecy::SecretString;

use crate::db::DatabaseUrl;

pub use args::SettingArgs;
pub use document::document;
pub use gateway::{Credentials, GatewayKind, GatewaySettings};
pub use proxies::TrustedProxies;
use values::{exposure, given, parsed, public_url, within};

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
    /// The proxies whose forwarding headers name the client.
    pub trusted_proxies: TrustedProxies,
    /// Who may read `/metrics`.
    pub metrics: Exposure,
    /// The bearer token that `/metrics` asks for.
    pub metrics_token: Option<SecretString>,
    /// Who may read the API's documentation.
    pub api_docs: Exposure,
}

/// Who may read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Everyone who reaches the server.
    On,
    /// Programs on this machine, when no proxy passes them on.
    Loopback,
    /// No caller.
    Off,
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
            http: HttpSettings {
                listen,
                public_url: public_url(given(&args.public_url))?,
                trusted_proxies: trusted_proxies(given(&args.trusted_proxies))?,
                metrics: exposure(&args.metrics, "SMS_CHAT_METRICS")?,
                metrics_token: secret::token(given(&args.metrics_token), "SMS_CHAT_METRICS_TOKEN")?,
                api_docs: exposure(&args.api_docs, "SMS_CHAT_API_DOCS")?,
            },
            jwt_secret,
            gateway: gateway::read(args)?,
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

fn trusted_proxies(text: Option<&str>) -> Result<TrustedProxies, SettingFault> {
    let proxies = text.unwrap_or_default().parse();
    proxies.map_err(|fault| SettingFault {
        variable: "SMS_CHAT_TRUSTED_PROXIES",
        fault,
        example: "10.0.0.0/8,fd00::/8",
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
        let with_secret = || SettingArgs { jwt_secret: Some("0123456789abcdef".repeat(2)), ..postgres() };
        assert!(Settings::from_args(&with_secret()).is_ok());
        let wrong = [
            SettingArgs { listen: Some("8080".into()), ..with_secret() },
            SettingArgs { gateway: Some("pigeon".into()), ..with_secret() },
            SettingArgs { gateway: Some("twilio".into()), ..with_secret() },
            SettingArgs {
                twilio_account_sid: Some("AC0123456789abcdef0123456789abcdef".into()),
                ..with_secret()
            },
            SettingArgs { public_url: Some("desk.example.com".into()), ..with_secret() },
            SettingArgs { database_connections: Some("0".into()), ..with_secret() },
            SettingArgs { trusted_proxies: Some("10.0.0.0/40".into()), ..with_secret() },
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
                "SMS_CHAT_DATABASE_CONNECTIONS",
                "SMS_CHAT_TRUSTED_PROXIES"
            ]
        );
    }
}
