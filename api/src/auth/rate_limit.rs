//! Limits the requests per minute of each account and API key. A burst can use at most ten seconds' worth at once.

use std::{fmt, num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, middleware::StateInformationMiddleware, state::keyed::DashMapStateStore};
use shared::{format::duration, message::SenderKind};

use super::Identity;
use crate::clock::Clock;

/// An account or API key, whose requests share one limit.
type Key = (SenderKind, i64);

impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}

/// The caller has reached the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("You have reached the limit of {per_minute} requests per minute. Try again in {}.", duration(*.retry_after))]
pub struct RateLimited {
    /// The limit, in requests per minute.
    pub per_minute: u32,
    /// Number of seconds until the next request is allowed.
    pub retry_after: u64,
}

/// What a caller has left of the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    per_minute: u32,
    /// Number of requests that are allowed now.
    remaining: u32,
    /// Number of seconds until the next request is allowed.
    wait: u64,
}

impl Allowance {
    /// Returns the headers that state it.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, u64); 3] {
        [
            ("ratelimit-limit", self.per_minute.into()),
            ("ratelimit-remaining", self.remaining.into()),
            ("ratelimit-reset", self.wait),
        ]
    }
}

impl From<RateLimited> for Allowance {
    fn from(limited: RateLimited) -> Self {
        Self { per_minute: limited.per_minute, remaining: 0, wait: limited.retry_after }
    }
}

/// The limiter of each account and API key, which says how many requests remain.
type Limiter = RateLimiter<Key, DashMapStateStore<Key>, Clock, StateInformationMiddleware>;

/// The rate limit, with the recent requests of each account and API key.
pub struct RateLimit {
    // `None` when there is no limit.
    limiter: Option<Limiter>,
    clock: Clock,
    per_minute: u32,
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("per_minute", &self.per_minute).finish_non_exhaustive()
    }
}

impl RateLimit {
    /// Creates a limit in requests per minute; 0 for no limit.
    #[must_use]
    pub fn new(per_minute: u32, clock: Clock) -> Self {
        let limiter = NonZeroU32::new(per_minute).map(|rate| {
            let burst = NonZeroU32::new(per_minute / 6).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_minute(rate).allow_burst(burst);
            Limiter::new(quota, DashMapStateStore::default(), clock.clone())
        });
        Self { limiter, clock, per_minute }
    }

    /// Counts a request, or refuses it when the limit is reached. Returns what is left, or `None` if there is no limit.
    pub(super) fn count(&self, identity: &Identity) -> Result<Option<Allowance>, RateLimited> {
        let (Some(limiter), per_minute) = (&self.limiter, self.per_minute) else {
            return Ok(None);
        };
        let key = match identity {
            Identity::Account { account, .. } => (SenderKind::Account, account.id.0),
            Identity::ApiKey { key, .. } => (SenderKind::ApiKey, key.id.0),
        };
        match limiter.check_key(&key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let wait = if remaining > 0 { 0 } else { 60_u64.div_ceil(per_minute.into()) };
                Ok(Some(Allowance { per_minute, remaining, wait }))
            }
            Err(until) => {
                let wait = until.wait_time_from(governor::clock::Clock::now(&self.clock));
                Err(RateLimited { per_minute, retry_after: wait.as_secs() + 1 })
            }
        }
    }
}
