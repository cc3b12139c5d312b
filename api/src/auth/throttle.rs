//! Slows down guessing: after some failures, an e-mail address (or the address that they come from) must wait. Only
//! failures count, so that nobody is locked out by signing in often.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::ErrorCode;

use crate::error::ApiError;

/// How many failures an e-mail address has in a window before it must wait.
const FAILURES_PER_EMAIL: usize = 10;
/// The same for the network address they come from: an office shares one.
const FAILURES_PER_ADDRESS: usize = 100;
/// How long a failure counts.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Beyond so many addresses, old ones are swept out.
const SWEEP_AT: usize = 10_000;

/// The failures of late.
#[derive(Debug, Default)]
pub struct SignInThrottle {
    failures: Mutex<HashMap<String, Vec<DateTime<Utc>>>>,
}

impl SignInThrottle {
    /// Refuses whoever must wait; whoever need not is taken for one who will fail, until they [succeed](Self::succeeded),
    /// so that many tries at once count like one after the other.
    ///
    /// # Errors
    /// `too_many_requests`, with the seconds to wait.
    pub(super) fn attempt(&self, email: &str, address: &str, now: DateTime<Utc>) -> Result<(), ApiError> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = [(email_key(email), FAILURES_PER_EMAIL), (address_key(address), FAILURES_PER_ADDRESS)];
        if let Some(seconds) =
            keys.iter().filter_map(|(key, most)| wait(failures.get(key)?, *most, now)).max()
        {
            let detail = format!("Too many failed sign-ins. Try again in {seconds} s.");
            return Err(ApiError::new(ErrorCode::TooManyRequests, detail).retry_after(seconds));
        }
        if failures.len() > SWEEP_AT {
            failures.retain(|_, times| times.iter().any(|time| now - *time < WINDOW));
        }
        for (key, _) in keys {
            let times = failures.entry(key).or_default();
            times.retain(|time| now - *time < WINDOW);
            times.push(now);
        }
        Ok(())
    }

    /// The owner of an e-mail address was here: its failures are forgotten, and this attempt was none.
    pub fn succeeded(&self, email: &str, address: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&email_key(email));
        if let Some(times) = failures.get_mut(&address_key(address)) {
            times.pop();
        }
    }
}

/// How many seconds whoever has failed at these times must wait; `None` when they need not.
fn wait(failed: &[DateTime<Utc>], allowed: usize, now: DateTime<Utc>) -> Option<u64> {
    let recent: Vec<_> = failed.iter().filter(|time| now - **time < WINDOW).collect();
    // The wait ends when so many have gone stale that one more is allowed.
    let decisive = recent.len().checked_sub(allowed)?;
    let ends = **recent.get(decisive)? + WINDOW;
    u64::try_from((ends - now).num_seconds() + 1).ok()
}

fn email_key(email: &str) -> String {
    format!("e {email}")
}

fn address_key(address: &str) -> String {
    format!("a {address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// Whether an attempt is let through.
    fn may(throttle: &SignInThrottle, email: &str, now: DateTime<Utc>) -> bool {
        throttle.attempt(email, "::1", now).is_ok()
    }

    #[test]
    fn ten_failures_make_an_address_wait_until_the_first_is_15_minutes_old() {
        let throttle = SignInThrottle::default();
        for n in 0..10 {
            assert!(may(&throttle, "ann@example.com", start() + TimeDelta::seconds(n)));
        }
        let refused =
            throttle.attempt("ann@example.com", "::1", start() + TimeDelta::seconds(10)).unwrap_err();
        assert!(refused.detail().contains("891 s"), "{refused}");
        assert!(may(&throttle, "bo@example.com", start() + TimeDelta::seconds(10)));
        assert!(may(&throttle, "ann@example.com", start() + WINDOW));
    }

    #[test]
    fn signing_in_forgets_the_failures() {
        let throttle = SignInThrottle::default();
        assert!((0..10).all(|_| may(&throttle, "ann@example.com", start())));
        throttle.succeeded("ann@example.com", "::1");
        assert!(may(&throttle, "ann@example.com", start()));
    }

    #[test]
    fn who_always_succeeds_never_waits() {
        let throttle = SignInThrottle::default();
        for _ in 0..1000 {
            assert!(may(&throttle, "ann@example.com", start()));
            throttle.succeeded("ann@example.com", "::1");
        }
    }
}
