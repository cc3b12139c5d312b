//! The settings as flags and environment variables; `docs/configuration.md` is written from these comments.

/// Every setting, as given: unchecked text.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingArgs {
    /// Where the desk keeps what it knows: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`. Default: `sqlite://data/sms-chat.db`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_DATABASE_URL",
        alias = "sms-chat-database-url",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// How many database connections serve requests, 1 to 500. Default: `8`.
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
    /// How browsers and the gateway reach the desk; the gateway signs this address. Default: `http://` and the address to listen on.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_PUBLIC_URL",
        alias = "sms-chat-public-url",
        value_name = "URL"
    )]
    pub public_url: Option<String>,
    /// The proxies in front of the server, as addresses or networks separated by commas (`10.0.0.0/8,fd00::/8`). Their `X-Forwarded-For` or `Forwarded` header names the client, by whose address sign-ins are limited; without the setting, all clients of a proxy share one limit. Default: none.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_TRUSTED_PROXIES",
        alias = "sms-chat-trusted-proxies",
        value_name = "NETWORKS"
    )]
    pub trusted_proxies: Option<String>,
    /// Signs the access tokens; at least 32 characters, the same on every replica. Default: made once and kept beside the embedded database; required with PostgreSQL.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_JWT_SECRET",
        alias = "sms-chat-jwt-secret",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub jwt_secret: Option<String>,
    /// Who carries the texts: `twilio` or `simulator` (no real text is sent). Default: `twilio` when both credentials are set, else `simulator`.
    #[arg(long, global = true, env = "SMS_CHAT_GATEWAY", alias = "sms-chat-gateway", value_name = "GATEWAY")]
    pub gateway: Option<String>,
    /// The Twilio account, `AC...`. The simulator takes it too when it is set.
    #[arg(long, global = true, env = "TWILIO_ACCOUNT_SID", value_name = "SID")]
    pub twilio_account_sid: Option<String>,
    /// The Twilio account's secret: authenticates us to Twilio, and Twilio's webhooks to us.
    #[arg(long, global = true, env = "TWILIO_AUTH_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub twilio_auth_token: Option<String>,
    /// The account's other secret while it is being changed: webhooks that are signed with either are taken.
    #[arg(
        long,
        global = true,
        env = "TWILIO_AUTH_TOKEN_SECONDARY",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub twilio_auth_token_secondary: Option<String>,
    /// Where Twilio's API is. Default: `https://api.twilio.com`.
    #[arg(long, global = true, env = "TWILIO_API_URL", value_name = "URL")]
    pub twilio_api_url: Option<String>,
    /// How many seconds the gateway may take to answer, 1 to 60. Default: `10`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_TIMEOUT",
        alias = "sms-chat-gateway-timeout",
        value_name = "SECONDS"
    )]
    pub gateway_timeout: Option<String>,
    /// Number of seconds that the gateway may take to accept and list a message after our request has ended without an answer, 0 to 3600. A message with an unknown outcome is looked up for so long before it is sent again; a smaller value sends sooner, and twice when the gateway is slower. Default: `300`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_LIST_LAG",
        alias = "sms-chat-gateway-list-lag",
        value_name = "SECONDS"
    )]
    pub gateway_list_lag: Option<String>,
    /// After how many hours a text that could not be handed to the gateway is not sent any more, but given back to the agent, 1 to 168. Default: `12`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GIVE_UP_HOURS",
        alias = "sms-chat-give-up-hours",
        value_name = "HOURS"
    )]
    pub give_up_hours: Option<String>,
    /// The loopback address of the built-in simulator and its handset; port 0 picks a free one. Default: `127.0.0.1:0`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_SIMULATOR_LISTEN",
        alias = "sms-chat-simulator-listen",
        value_name = "ADDRESS:PORT"
    )]
    pub simulator_listen: Option<String>,
    /// How often what the webhooks have missed is looked for in the gateway's lists, in seconds, up to 86400; 0 for never. Default: `300`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_REPAIR_SECONDS",
        alias = "sms-chat-repair-seconds",
        value_name = "N"
    )]
    pub repair_seconds: Option<String>,
    /// Requests a minute that each account and each API key may make; 0 for no limit. A guard against programs run wild, not a quota. Default: `120000`.
    #[arg(long, global = true, env = "SMS_CHAT_RATE_LIMIT", alias = "sms-chat-rate-limit", value_name = "N")]
    pub rate_limit: Option<String>,
    /// How many days back a search goes, 1 to 3650. Default: `90`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_SEARCH_DAYS",
        alias = "sms-chat-search-days",
        value_name = "N"
    )]
    pub search_days: Option<String>,
    /// Who may read `/metrics`: `on` (everyone who reaches the server), `loopback` (programs on this machine, not through a proxy) or `off`. Default: `on`.
    #[arg(long, global = true, env = "SMS_CHAT_METRICS", alias = "sms-chat-metrics", value_name = "WHO")]
    pub metrics: Option<String>,
    /// The bearer token that `/metrics` asks for; at least 16 characters. Default: none.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_METRICS_TOKEN",
        alias = "sms-chat-metrics-token",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub metrics_token: Option<String>,
    /// Who may read `/api/docs` and `/api/openapi.json`: `on`, `loopback` or `off`, as for `/metrics`. Default: `on`.
    #[arg(long, global = true, env = "SMS_CHAT_API_DOCS", alias = "sms-chat-api-docs", value_name = "WHO")]
    pub api_docs: Option<String>,
    /// What is logged, as `tracing` filters: `info`, `debug`, `api=debug,warn`. Message bodies, numbers and names appear at `debug` at the earliest. Default: `info`.
    #[arg(long, global = true, env = "SMS_CHAT_LOG", alias = "sms-chat-log", value_name = "FILTER")]
    pub log: Option<String>,
}
