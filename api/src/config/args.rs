//! The settings as flags and environment variables. `docs/configuration.md` is generated from these comments.

use super::SecretFileArgs;

/// All settings as unvalidated text.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingArgs {
    /// The database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`. Default: `sqlite://data/sms-chat.db`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_DATABASE_URL",
        alias = "sms-chat-database-url",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// Number of database connections for requests, 1 to 500. On SQLite, at most two for each processor. Default: `8`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_DATABASE_CONNECTIONS",
        alias = "sms-chat-database-connections",
        value_name = "N"
    )]
    pub database_connections: Option<String>,
    /// The address to listen on. Default: `127.0.0.1:8080`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_LISTEN",
        alias = "sms-chat-listen",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: Option<String>,
    /// The address at which browsers and the gateway reach the server; gateway signatures cover it, so it must be exact. Default: `http://` and the address to listen on.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_PUBLIC_URL",
        alias = "sms-chat-public-url",
        value_name = "URL"
    )]
    pub public_url: Option<String>,
    /// The proxies in front of the server, as addresses or networks separated by commas (`10.0.0.0/8,fd00::/8`). The client's address is taken from their `X-Forwarded-For` or `Forwarded` header, and sign-in attempts are limited per address; without this setting, all clients behind a proxy share one limit. Default: none.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_TRUSTED_PROXIES",
        alias = "sms-chat-trusted-proxies",
        value_name = "NETWORKS"
    )]
    pub trusted_proxies: Option<String>,
    /// The secret that signs access tokens: at least 32 characters, the same on every replica. Default: generated once and stored beside the SQLite file; required with PostgreSQL.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_JWT_SECRET",
        alias = "sms-chat-jwt-secret",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub jwt_secret: Option<String>,
    /// The SMS gateway: `twilio` or `simulator` (sends no real messages). Default: `twilio` when both credentials are set, else `simulator`.
    #[arg(long, global = true, env = "SMS_CHAT_GATEWAY", alias = "sms-chat-gateway", value_name = "GATEWAY")]
    pub gateway: Option<String>,
    /// The Twilio account SID, `AC...`. The simulator uses it too, if set.
    #[arg(long, global = true, env = "TWILIO_ACCOUNT_SID", value_name = "SID")]
    pub twilio_account_sid: Option<String>,
    /// The Twilio account's auth token: authenticates requests to Twilio, and verifies the signatures of its webhooks.
    #[arg(long, global = true, env = "TWILIO_AUTH_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub twilio_auth_token: Option<String>,
    /// The account's second auth token during a rotation: webhooks signed with either token are accepted.
    #[arg(
        long,
        global = true,
        env = "TWILIO_AUTH_TOKEN_SECONDARY",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub twilio_auth_token_secondary: Option<String>,
    /// The base URL of the Twilio API, or of a gateway with the same protocol. It may have a path: `https://example.signalwire.com/api/laml`. Default: `https://api.twilio.com`.
    #[arg(long, global = true, env = "TWILIO_API_URL", value_name = "URL")]
    pub twilio_api_url: Option<String>,
    /// The name of the header in which the gateway sends the signature of a webhook. Default: `X-Twilio-Signature`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_SIGNATURE_HEADER",
        alias = "sms-chat-gateway-signature-header",
        value_name = "HEADER"
    )]
    pub gateway_signature_header: Option<String>,
    /// The key with which the gateway signs webhooks, if it is not the auth token. Default: `TWILIO_AUTH_TOKEN`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_SIGNING_KEY",
        alias = "sms-chat-gateway-signing-key",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub gateway_signing_key: Option<String>,
    /// The second signing key during a rotation: webhooks signed with either key are accepted. Default: `TWILIO_AUTH_TOKEN_SECONDARY`, if there is no signing key.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY",
        alias = "sms-chat-gateway-signing-key-secondary",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub gateway_signing_key_secondary: Option<String>,
    /// Timeout of a request to the gateway in seconds, 1 to 60. Default: `10`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_TIMEOUT",
        alias = "sms-chat-gateway-timeout",
        value_name = "SECONDS"
    )]
    pub gateway_timeout: Option<String>,
    /// How long the gateway may take to list a message after a send request that got no answer, in seconds, 0 to 3600. The server looks such a message up in the gateway's list for this long before it sends it again. With a value that is too small for the gateway, a customer can get a message twice. Default: `300`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_LIST_LAG",
        alias = "sms-chat-gateway-list-lag",
        value_name = "SECONDS"
    )]
    pub gateway_list_lag: Option<String>,
    /// Number of hours after which a message that the gateway has not accepted is marked as failed and returned to the agent, 1 to 168. Default: `12`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GIVE_UP_HOURS",
        alias = "sms-chat-give-up-hours",
        value_name = "HOURS"
    )]
    pub give_up_hours: Option<String>,
    /// The loopback address of the built-in simulator and its handset; port 0 picks a free port. Default: `127.0.0.1:0`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_SIMULATOR_LISTEN",
        alias = "sms-chat-simulator-listen",
        value_name = "ADDRESS:PORT"
    )]
    pub simulator_listen: Option<String>,
    /// Interval in seconds at which the server compares its messages with the gateway's lists and adds those whose webhooks were lost, up to 86400; 0 turns this off. Default: `300`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_REPAIR_SECONDS",
        alias = "sms-chat-repair-seconds",
        value_name = "N"
    )]
    pub repair_seconds: Option<String>,
    /// How long the server still answers new requests after SIGTERM, in seconds, 0 to 60. `/health/ready` fails meanwhile, so that a load balancer sends no more requests. Default: `5` with PostgreSQL, `0` with SQLite.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_SHUTDOWN_DELAY",
        alias = "sms-chat-shutdown-delay",
        value_name = "SECONDS"
    )]
    pub shutdown_delay: Option<String>,
    /// Maximum number of requests per minute for each account and each API key; 0 for no limit. It protects the server from a runaway program; it is not a quota. Default: `120000`.
    #[arg(long, global = true, env = "SMS_CHAT_RATE_LIMIT", alias = "sms-chat-rate-limit", value_name = "N")]
    pub rate_limit: Option<String>,
    /// Search finds conversations with activity in this many days, 1 to 3650. Default: `90`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_SEARCH_DAYS",
        alias = "sms-chat-search-days",
        value_name = "N"
    )]
    pub search_days: Option<String>,
    /// Whether webhooks can be sent to private and loopback addresses, and by HTTP without TLS: `on` or `off`. Turn it on only if every account with the permission `manage_team` may reach the servers of the internal network. Default: `off`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_WEBHOOK_PRIVATE_ADDRESSES",
        alias = "sms-chat-webhook-private-addresses",
        value_name = "on|off"
    )]
    pub webhook_private_addresses: Option<String>,
    /// How long a webhook that was not accepted waits before each further attempt, in seconds, separated by commas: 1 to 20 values of at most 86400. When the last attempt fails, the endpoint is disabled. Default: `5,300,1800,7200,18000,36000,36000`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_WEBHOOK_RETRIES",
        alias = "sms-chat-webhook-retries",
        value_name = "SECONDS,..."
    )]
    pub webhook_retries: Option<String>,
    /// Access to `/metrics`: `on` (every client), `loopback` (only programs on this machine, not through a proxy) or `off`. Default: `on`.
    #[arg(long, global = true, env = "SMS_CHAT_METRICS", alias = "sms-chat-metrics", value_name = "WHO")]
    pub metrics: Option<String>,
    /// The bearer token that `/metrics` requires; at least 16 characters. Default: none.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_METRICS_TOKEN",
        alias = "sms-chat-metrics-token",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub metrics_token: Option<String>,
    /// Access to `/api/docs` and `/api/openapi.json`: `on`, `loopback` or `off`, as for `/metrics`. Default: `on`.
    #[arg(long, global = true, env = "SMS_CHAT_API_DOCS", alias = "sms-chat-api-docs", value_name = "WHO")]
    pub api_docs: Option<String>,
    /// The origins of other web applications whose pages may use the API from a browser (CORS), separated by commas: `https://crm.example.com,http://localhost:3000`. Such pages authenticate with a bearer token, never with cookies. Default: none.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_CORS_ORIGINS",
        alias = "sms-chat-cors-origins",
        value_name = "ORIGINS"
    )]
    pub cors_origins: Option<String>,
    /// The log filter in `tracing` syntax: `info`, `debug`, `api=debug,warn`. Message bodies, numbers and names are logged only at `debug` and `trace`. Default: `info`.
    #[arg(long, global = true, env = "SMS_CHAT_LOG", alias = "sms-chat-log", value_name = "FILTER")]
    pub log: Option<String>,
    /// The format of the log: `text`, or `json` with one object a line. Default: `text`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_LOG_FORMAT",
        alias = "sms-chat-log-format",
        value_name = "FORMAT"
    )]
    pub log_format: Option<String>,
    /// The files that contain secrets.
    #[command(flatten)]
    pub secret_files: SecretFileArgs,
}
