//! How much one account or API key may ask: so many requests a minute, in bursts of at most ten seconds' worth.

use std::{fmt, num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, middleware::NoOpMiddleware, state::keyed::DashMapStateStore};
use shared::{ErrorCode, message::SenderKind, words::duration};

use super::Who;
use crate::{clock::Clock, error::ApiError};

/// Whose requests are counted together.
type Asker = (SenderKind, i64);

impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}

/// The limit, and what each account and API key has used of it.
pub struct RateLimit {
    // `None` when there is no limit.
    limiter: Option<RateLimiter<Asker, DashMapStateStore<Asker>, Clock, NoOpMiddleware<Duration>>>,
    clock: Clock,
    per_minute: u32,
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("per_minute", &self.per_minute).finish_non_exhaustive()
    }
}

impl RateLimit {
    /// A limit of so many requests a minute; 0 for none.
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

    /// Counts a request.
    pub(super) fn count(&self, who: &Who) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let asker = match who {
            Who::Account { account, .. } => (SenderKind::Account, account.id.0),
            Who::ApiKey(key) => (SenderKind::ApiKey, key.id.0),
        };
        limiter.check_key(&asker).map_err(|until| {
            let seconds = until.wait_time_from(governor::clock::Clock::now(&self.clock)).as_secs() + 1;
            let detail = format!(
                "An account or API key may make {} requests a minute. Try again in {}.",
                self.per_minute,
                duration(seconds)
            );
            ApiError::new(ErrorCode::TooManyRequests, detail).retry_after(seconds).rate_limit(self.per_minute)
        })
    }
}
