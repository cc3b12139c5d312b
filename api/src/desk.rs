//! What every handler is handed. Knows no URL and starts nothing: `app` builds it.

use std::sync::Arc;

use secrecy::SecretString;

use crate::{
    auth::{RateLimit, SignInThrottle, TokenKeys},
    clock::Clock,
    db::Db,
    events::feed::Feed,
    outbox::worker::Outbox,
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
    /// Slows down guessing passwords.
    pub throttle: SignInThrottle,
    /// How much an account may ask.
    pub rate_limit: RateLimit,
    /// Where the worker is woken.
    pub outbox: Arc<Outbox>,
    /// Where the live streams are woken.
    pub feed: Arc<Feed>,
    /// How the gateway and browsers reach the desk, without a slash at the end.
    pub public_url: String,
    /// What the gateway signs its webhooks with.
    pub webhook_tokens: Vec<SecretString>,
    /// Where one plays the customer; only with the simulator.
    pub handset_url: Option<String>,
}

impl Desk {
    /// Something was committed: wakes those who carry it on.
    pub fn committed(&self) {
        self.outbox.wake();
        self.feed.wake();
    }

    /// Whether browsers reach the desk by HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
