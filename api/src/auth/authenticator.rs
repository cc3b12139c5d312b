//! The state that authentication needs.

use super::{Callers, PasswordPool, RateLimit, SignInThrottle, TokenKeys};
use crate::{clock::Clock, db::Db};

/// Signs accounts in, and authenticates requests by session or API key.
#[derive(Debug)]
pub struct Authenticator {
    /// The database, with accounts, sessions and API keys.
    pub db: Db,
    /// The clock of expiry and limits.
    pub clock: Clock,
    /// The callers of recent requests.
    pub callers: Callers,
    /// Signs and verifies access tokens.
    pub keys: TokenKeys,
    /// Hashes and verifies passwords.
    pub passwords: PasswordPool,
    /// Limits failed sign-ins.
    pub throttle: SignInThrottle,
    /// Limits requests per account and per API key.
    pub rate_limit: RateLimit,
    /// Whether cookies are `Secure`, because browsers reach the server by HTTPS.
    pub secure_cookies: bool,
}
