//! The settings, read once from flags and environment variables into one struct per topic. An invalid value ends the
//! command with one line that names the variable, the problem and an example.

mod args;
mod document;
mod gateway;
mod origins;
mod proxies;
mod secret;
mod secret_files;
mod signature;
mod values;
mod webhooks;

use std::{net::SocketAddr, path::PathBuf};

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::db::{DatabaseUrl, InvalidDatabaseUrl};

pub use args::SettingArgs;
pub use document::document;
pub use gateway::{Credentials, GatewayKind, GatewaySettings};
pub use origins::{OriginError, Origins};
pub use proxies::{ProxyError, TrustedProxies};
pub use secret_files::SecretFileArgs;
pub use signature::WebhookSignature;
use values::{non_empty, parse_exposure, parse_in_range, parse_log_format, parse_or_default, public_url};
pub use webhooks::WebhookSettings;

/// An invalid setting, displayed in one line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable} {problem}; for example: {variable}={example}")]
pub struct SettingError {
    variable: &'static str,
    problem: String,
    example: &'static str,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database.
    pub database: DatabaseSettings,
    /// The HTTP server and its public address.
    pub http: HttpSettings,
    /// The secret that signs access tokens.
    pub jwt_secret: SecretString,
    /// How long the server still answers new requests after SIGTERM.
    pub shutdown_delay: TimeDelta,
    /// The SMS gateway.
    pub gateway: GatewaySettings,
    /// Limits for requests and searches.
    pub limits: LimitSettings,
    /// The webhooks that the server sends.
    pub webhooks: WebhookSettings,
    /// The format of the log.
    pub log_format: LogFormat,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings of the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// Number of connections for requests.
    pub connections: u32,
}

/// The settings of the HTTP server.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address at which browsers and the gateway reach the server, without a trailing slash. `None` stands for
    /// `http://` and the address to listen on.
    pub public_url: Option<String>,
    /// The proxies whose forwarding headers name the client.
    pub trusted_proxies: TrustedProxies,
    /// Access to `/metrics`.
    pub metrics: Exposure,
    /// The bearer token that `/metrics` requires.
    pub metrics_token: Option<SecretString>,
    /// Access to the API documentation.
    pub api_docs: Exposure,
    /// The origins whose web pages may use the API.
    pub cors_origins: Origins,
}

/// The clients that may read a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// All clients.
    On,
    /// Programs on this machine, if their request comes through no proxy.
    Loopback,
    /// No client.
    Off,
}

/// Limits for requests and searches.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Maximum requests per minute for each account and each API key; 0 for no limit.
    pub requests_per_minute: u32,
    /// Search finds conversations with activity in this many days.
    pub search_days: u32,
}

impl Settings {
    /// Validates the given values and fills in the defaults.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn from_args(args: &SettingArgs) -> Result<Self, SettingError> {
        let args = &args.with_secret_files()?;
        let url = url_of(args.database_url.as_deref())?;
        let listen = listen_address(args)?;
        let default_delay = if matches!(url, DatabaseUrl::Postgres(_)) { 5 } else { 0 };
        let shutdown_delay =
            parse_in_range(&args.shutdown_delay, 0..=60, default_delay, "SMS_CHAT_SHUTDOWN_DELAY", "5")?;
        let jwt_secret = secret::jwt_secret(non_empty(&args.jwt_secret), &url)?;
        Ok(Self {
            database: DatabaseSettings {
                url,
                connections: parse_in_range(
                    &args.database_connections,
                    1..=500,
                    8,
                    "SMS_CHAT_DATABASE_CONNECTIONS",
                    "8",
                )?,
            },
            http: HttpSettings {
                listen,
                public_url: public_url(non_empty(&args.public_url))?,
                trusted_proxies: trusted_proxies(non_empty(&args.trusted_proxies))?,
                metrics: parse_exposure(&args.metrics, "SMS_CHAT_METRICS")?,
                metrics_token: secret::token(non_empty(&args.metrics_token), "SMS_CHAT_METRICS_TOKEN")?,
                api_docs: parse_exposure(&args.api_docs, "SMS_CHAT_API_DOCS")?,
                cors_origins: cors_origins(non_empty(&args.cors_origins))?,
            },
            jwt_secret,
            shutdown_delay: TimeDelta::seconds(shutdown_delay.into()),
            gateway: gateway::read(args)?,
            limits: LimitSettings {
                requests_per_minute: parse_in_range(
                    &args.rate_limit,
                    0..=u32::MAX,
                    120_000,
                    "SMS_CHAT_RATE_LIMIT",
                    "6000",
                )?,
                search_days: parse_in_range(&args.search_days, 1..=3650, 90, "SMS_CHAT_SEARCH_DAYS", "90")?,
            },
            webhooks: webhooks::read(args)?,
            log_format: parse_log_format(&args.log_format)?,
        })
    }
}

/// Returns the URL of the database, without reading the other settings.
///
/// # Errors
/// When the URL is invalid, or its file cannot be read.
pub fn database_url(args: &SettingArgs) -> Result<DatabaseUrl, SettingError> {
    url_of(args.database_url()?.as_deref())
}

fn url_of(text: Option<&str>) -> Result<DatabaseUrl, SettingError> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(DatabaseUrl::Sqlite(PathBuf::from("data/sms-chat.db"))),
        Some(text) => text.parse().map_err(|error: InvalidDatabaseUrl| SettingError {
            variable: "SMS_CHAT_DATABASE_URL",
            problem: error.to_string(),
            example: "sqlite://data/sms-chat.db",
        }),
    }
}

/// Returns the address to listen on, without reading the other settings.
///
/// # Errors
/// The value is not an address with a port.
pub fn listen_address(args: &SettingArgs) -> Result<SocketAddr, SettingError> {
    parse_or_default(&args.listen, "127.0.0.1:8080", "SMS_CHAT_LISTEN", "127.0.0.1:8080")
}

fn trusted_proxies(text: Option<&str>) -> Result<TrustedProxies, SettingError> {
    text.unwrap_or_default().parse().map_err(|error: ProxyError| SettingError {
        variable: "SMS_CHAT_TRUSTED_PROXIES",
        problem: error.to_string(),
        example: "10.0.0.0/8,fd00::/8",
    })
}

fn cors_origins(text: Option<&str>) -> Result<Origins, SettingError> {
    text.unwrap_or_default().parse().map_err(|error: OriginError| SettingError {
        variable: "SMS_CHAT_CORS_ORIGINS",
        problem: error.to_string(),
        example: "https://crm.example.com,http://localhost:3000",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(args: SettingArgs) -> String {
        Settings::from_args(&args).unwrap_err().to_string()
    }

    fn postgres() -> SettingArgs {
        SettingArgs { database_url: Some("postgres://desk@db/desk".into()), ..SettingArgs::default() }
    }

    #[test]
    fn an_invalid_value_names_the_variable_the_problem_and_an_example() {
        let message =
            problem(SettingArgs { database_url: Some("mysql://x".into()), ..SettingArgs::default() });
        assert_eq!(
            message,
            "SMS_CHAT_DATABASE_URL must begin with sqlite:// or postgres://; for example: \
             SMS_CHAT_DATABASE_URL=sqlite://data/sms-chat.db"
        );
        assert!(problem(postgres()).starts_with("SMS_CHAT_JWT_SECRET "));
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
            SettingArgs { cors_origins: Some("*".into()), ..with_secret() },
        ];
        let named = wrong.map(|args| problem(args).split(' ').next().unwrap().to_owned());
        assert_eq!(
            named,
            [
                "SMS_CHAT_LISTEN",
                "SMS_CHAT_GATEWAY",
                "TWILIO_ACCOUNT_SID",
                "TWILIO_AUTH_TOKEN",
                "SMS_CHAT_PUBLIC_URL",
                "SMS_CHAT_DATABASE_CONNECTIONS",
                "SMS_CHAT_TRUSTED_PROXIES",
                "SMS_CHAT_CORS_ORIGINS"
            ]
        );
    }
}
