//! What every handler is handed. Knows no URL and starts nothing: `app` builds it.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::{
    auth::{PasswordPool, RateLimit, SignInThrottle, TokenKeys},
    clock::Clock,
    config::TrustedProxies,
    daily_files::DailyFiles,
    db::Db,
    events::feed::Feed,
    gateway::client::GatewayClient,
    middleware::HttpPolicy,
    outbox::worker::Outbox,
    teams,
};

/// The largest request body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// What every handler is handed.
#[derive(Debug)]
pub struct Desk {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// Signs and checks access tokens.
    pub keys: TokenKeys,
    /// Hashes and verifies passwords.
    pub passwords: PasswordPool,
    /// Slows down guessing passwords.
    pub throttle: SignInThrottle,
    /// How much an account may ask.
    pub rate_limit: RateLimit,
    /// Where the worker is woken.
    pub outbox: Arc<Outbox>,
    /// Where the live streams are woken.
    pub feed: Arc<Feed>,
    /// Who keeps pictures.
    pub gateway: Arc<GatewayClient>,
    /// The proxies whose forwarding headers name the client.
    pub trusted_proxies: TrustedProxies,
    /// How far back a search goes.
    pub search_reach: TimeDelta,
    /// What brings in daily files.
    pub daily_files: Arc<DailyFiles>,
    /// What holds for every request.
    pub http: HttpPolicy,
    /// How the gateway and browsers reach the desk, without a slash at the end.
    pub public_url: String,
    /// What the gateway signs its webhooks with.
    pub webhook_tokens: Vec<SecretString>,
    /// Where one plays the customer; only with the simulator.
    pub handset_url: Option<String>,
    /// Where the simulator is told which numbers there are; only with the simulator.
    pub simulated: Option<simulator::Numbers>,
}

impl Desk {
    /// Something was committed: wakes those who carry it on.
    pub fn committed(&self) {
        self.outbox.wake();
        self.feed.wake();
    }

    /// Teams or their numbers were changed: the simulator offers those that there are now.
    pub async fn numbers_changed(&self) {
        self.committed();
        let Some(simulated) = &self.simulated else { return };
        match teams::desk_numbers(&self.db).await {
            Ok(numbers) => simulated.set(numbers),
            // The change stands; only the handset offers the old numbers.
            Err(error) => tracing::error!(%error, "the simulator could not be told the desk's numbers"),
        }
    }

    /// Whether browsers reach the desk by HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.http.is_secure
    }
}
