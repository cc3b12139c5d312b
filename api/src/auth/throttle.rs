//! Slows down guessing: after some failures, an e-mail address (or the address that they come from) must wait. Only
//! failures count, so that nobody is locked out by signing in often.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

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
    /// How many seconds this e-mail address (from this network address) must wait; `None` when it need not.
    #[must_use]
    pub fn wait(&self, email: &str, address: &str, now: DateTime<Utc>) -> Option<u64> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: String, allowed: usize| {
            let recent: Vec<_> = failures.get(&key)?.iter().filter(|time| now - **time < WINDOW).collect();
            // The wait ends when so many have gone stale that one more is allowed.
            let decisive = recent.len().checked_sub(allowed)?;
            let ends = **recent.get(decisive)? + WINDOW;
            u64::try_from((ends - now).num_seconds() + 1).ok()
        };
        wait(email_key(email), FAILURES_PER_EMAIL).max(wait(address_key(address), FAILURES_PER_ADDRESS))
    }

    /// Notes a failure.
    pub fn failed(&self, email: &str, address: &str, now: DateTime<Utc>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() > SWEEP_AT {
            failures.retain(|_, times| times.iter().any(|time| now - *time < WINDOW));
        }
        for key in [email_key(email), address_key(address)] {
            let times = failures.entry(key).or_default();
            times.retain(|time| now - *time < WINDOW);
            times.push(now);
        }
    }

    /// Forgets the failures of an e-mail address: its owner has signed in.
    pub fn succeeded(&self, email: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&email_key(email));
    }
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

    #[test]
    fn ten_failures_make_an_address_wait_until_the_first_is_15_minutes_old() {
        let throttle = SignInThrottle::default();
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for n in 0..10 {
            let now = start + TimeDelta::seconds(n);
            assert_eq!(throttle.wait("ann@example.com", "::1", now), None);
            throttle.failed("ann@example.com", "::1", now);
        }
        assert_eq!(throttle.wait("ann@example.com", "::1", start + TimeDelta::seconds(10)), Some(891));
        assert_eq!(throttle.wait("bo@example.com", "::1", start + TimeDelta::seconds(10)), None);
        assert_eq!(throttle.wait("ann@example.com", "::1", start + WINDOW), None);
    }

    #[test]
    fn signing_in_forgets_the_failures() {
        let throttle = SignInThrottle::default();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        (0..10).for_each(|_| throttle.failed("ann@example.com", "::1", now));
        throttle.succeeded("ann@example.com");
        assert_eq!(throttle.wait("ann@example.com", "::1", now), None);
    }
}
