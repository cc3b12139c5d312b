//! Limits the requests per minute of each account and API key. A burst can use at most ten seconds' worth at once.

use std::{fmt, num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, middleware::NoOpMiddleware, state::keyed::DashMapStateStore};
use shared::{ErrorCode, format::duration, message::SenderKind};

use super::Who;
use crate::{clock::Clock, error::ApiError};

/// An account or API key, whose requests share one limit.
type Key = (SenderKind, i64);

impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}

/// The rate limit, with the recent requests of each account and API key.
pub struct RateLimit {
    // `None` when there is no limit.
    limiter: Option<RateLimiter<Key, DashMapStateStore<Key>, Clock, NoOpMiddleware<Duration>>>,
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
            RateLimiter::new(
                Quota::per_minute(rate).allow_burst(burst),
                DashMapStateStore::default(),
                clock.clone(),
            )
        });
        Self { limiter, clock, per_minute }
    }

    /// Counts a request, or refuses it when the limit is reached.
    pub(super) fn count(&self, who: &Who) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let key = match who {
            Who::Account { account, .. } => (SenderKind::Account, account.id.0),
            Who::ApiKey(key) => (SenderKind::ApiKey, key.id.0),
        };
        limiter.check_key(&key).map_err(|until| {
            let seconds = until.wait_time_from(governor::clock::Clock::now(&self.clock)).as_secs() + 1;
            let detail = format!(
                "You have reached the limit of {} requests per minute. Try again in {}.",
                self.per_minute,
                duration(seconds)
            );
            ApiError::new(ErrorCode::TooManyRequests, detail).retry_after(seconds).rate_limit(self.per_minute)
        })
    }
}
