//! Slows down password guessing. Only failures count, so frequent sign-ins never cause a lock-out.
//!
//! A lock applies to one e-mail address *and* the network that the failures come from, so an attacker elsewhere cannot
//! lock out an account's owner. A browser that has signed in before has a device cookie
//! (<https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies>) and is counted separately:
//! it keeps working while its network is locked. Many failures for one e-mail address from many networks slow down
//! every unknown browser, but do not lock any.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use shared::format::duration;

use super::origin::Network;

/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// The wait while too many attempts are pending.
const PENDING_WAIT: Duration = Duration::from_secs(1);
/// Maximum number of keys in memory; the least recently used ones are dropped first.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many attempts. Try again in {}.", duration(*.retry_after))]
pub struct Throttled {
    /// Number of seconds until the next attempt is allowed.
    pub retry_after: u64,
}

/// The key by which failures are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// One e-mail address from one network.
    Email(String, Network),
    /// One e-mail address from one browser that has signed in with it before.
    Device(String, String),
    /// Any e-mail address from one network, such as an office.
    Network(Network),
    /// One e-mail address from any network.
    EmailAnywhere(String),
    /// The current password of one session's account.
    Session(i64),
}

impl Key {
    /// Maximum number of failures in a window.
    fn max_failures(&self) -> usize {
        match self {
            Key::Email(..) | Key::Device(..) | Key::Session(_) => 10,
            Key::Network(_) | Key::EmailAnywhere(_) => 100,
        }
    }

    /// Returns the wait before the next attempt, after these failed and pending attempts.
    fn wait(&self, entries: &VecDeque<Entry>, now: Duration) -> Option<Duration> {
        let recent = entries.iter().filter(|entry| entry.is_recent(now));
        if recent.clone().count() < self.max_failures() {
            return None;
        }
        let mut failures = recent.filter(|attempt| !attempt.pending).map(|attempt| attempt.at);
        let Some(over) = failures.clone().count().checked_sub(self.max_failures()) else {
            return Some(PENDING_WAIT);
        };
        let until = match self {
            // One attempt every ten seconds.
            Key::EmailAnywhere(_) => failures.next_back()? + Duration::from_secs(10),
            // Until enough failures have expired for one more attempt.
            _ => failures.nth(over)? + WINDOW,
        };
        until.checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// Whether a success resets the count, because it shows that the earlier failures were the owner's.
    fn resets_on_success(&self) -> bool {
        matches!(self, Key::Email(..) | Key::Device(..) | Key::Session(_))
    }
}

/// An attempt that has failed or is pending.
#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Duration,
    pending: bool,
}

impl Entry {
    fn is_recent(self, now: Duration) -> bool {
        now.saturating_sub(self.at) < WINDOW
    }
}

/// Counts recent failures and pending attempts.
#[derive(Debug)]
pub struct SignInThrottle {
    entries: Mutex<LruCache<Key, VecDeque<Entry>>>,
}

impl Default for SignInThrottle {
    fn default() -> Self {
        Self { entries: Mutex::new(LruCache::new(CAPACITY)) }
    }
}

/// A pending attempt. When dropped, it counts as a failure, unless it [succeeded](Self::succeeded) or was
/// [withdrawn](Self::withdraw). An attempt whose client disconnects therefore counts as a failure too.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    throttle: &'a SignInThrottle,
    keys: Vec<Key>,
    at: Duration,
    reaches_limit: bool,
}

impl SignInThrottle {
    /// Begins an attempt, unless one of the keys must wait. `now` is a time of the monotonic clock.
    ///
    /// # Errors
    /// `Throttled`, with the seconds to wait.
    pub(super) fn attempt(&self, keys: Vec<Key>, now: Duration) -> Result<Attempt<'_>, Throttled> {
        let mut entries = self.entries();
        let wait = keys.iter().filter_map(|key| key.wait(entries.get(key)?, now)).max();
        if let Some(wait) = wait {
            return Err(Throttled { retry_after: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) });
        }
        let mut reaches_limit = false;
        for key in &keys {
            let of_key = entries.get_or_insert_mut(key.clone(), VecDeque::new);
            of_key.retain(|entry| entry.is_recent(now));
            if of_key.len() >= key.max_failures() {
                of_key.pop_front();
            }
            of_key.push_back(Entry { at: now, pending: true });
            reaches_limit |= of_key.len() == key.max_failures();
        }
        Ok(Attempt { throttle: self, keys, at: now, reaches_limit })
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<Key, VecDeque<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Whether the next attempt must wait if this one fails.
    pub(super) fn reaches_limit(&self) -> bool {
        self.reaches_limit
    }

    /// The password was correct: removes this attempt and the owner's earlier failures.
    pub(super) fn succeeded(self) {
        let mut entries = self.throttle.entries();
        for key in self.keys.iter().filter(|key| key.resets_on_success()) {
            if let Some(of_key) = entries.get_mut(key) {
                of_key.retain(|entry| entry.pending);
            }
        }
        drop(entries);
        self.withdraw();
    }

    /// The password was not checked: removes this attempt.
    pub(super) fn withdraw(mut self) {
        self.for_each_entry(|of_key, index| {
            of_key.remove(index);
        });
        // `drop` then finds no entry to mark as failed.
        self.keys.clear();
    }

    /// Calls `change` with the index of this attempt's entry under each of its keys.
    fn for_each_entry(&self, change: impl Fn(&mut VecDeque<Entry>, usize)) {
        let mut entries = self.throttle.entries();
        for key in &self.keys {
            let Some(of_key) = entries.get_mut(key) else { continue };
            let own = |entry: &Entry| entry.pending && entry.at == self.at;
            if let Some(index) = of_key.iter().rposition(own) {
                change(of_key, index);
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.for_each_entry(|of_key, index| {
            if let Some(entry) = of_key.get_mut(index) {
                entry.pending = false;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn network(n: u8) -> Network {
        IpAddr::from([192, 0, 2, n]).into()
    }

    fn keys(email: &str, n: u8) -> Vec<Key> {
        vec![
            Key::Email(email.to_owned(), network(n)),
            Key::Network(network(n)),
            Key::EmailAnywhere(email.to_owned()),
        ]
    }

    /// Makes an attempt that fails. Returns whether it was allowed.
    fn fails(throttle: &SignInThrottle, keys: Vec<Key>, now: Duration) -> bool {
        throttle.attempt(keys, now).is_ok()
    }

    #[test]
    fn ten_failures_lock_one_email_address_from_one_network_until_the_first_is_15_minutes_old() {
        let throttle = SignInThrottle::default();
        for n in 0..10 {
            assert!(fails(&throttle, keys("ann", 1), n * SECOND));
        }
        let refused = throttle.attempt(keys("ann", 1), 10 * SECOND).unwrap_err();
        assert_eq!(refused.to_string(), "Too many attempts. Try again in 15 minutes.");
        assert!(fails(&throttle, keys("bo", 1), 10 * SECOND));
        assert!(fails(&throttle, keys("ann", 2), 10 * SECOND));
        assert!(!fails(&throttle, keys("ann", 1), WINDOW - SECOND));
        assert!(fails(&throttle, keys("ann", 1), WINDOW));
        assert!(!fails(&throttle, keys("ann", 1), WINDOW), "only one failure has expired");
    }

    #[test]
    fn a_known_device_keeps_working_while_its_network_and_its_email_address_are_locked() {
        let throttle = SignInThrottle::default();
        for n in 0..200 {
            fails(&throttle, keys("ann", n), SECOND);
            fails(&throttle, keys("ann", 1), SECOND);
        }
        let device = || vec![Key::Device("ann".to_owned(), "browser".to_owned())];
        for _ in 0..10 {
            assert!(fails(&throttle, device(), SECOND));
        }
        assert!(!fails(&throttle, device(), SECOND));
    }

    #[test]
    fn failures_from_many_networks_slow_an_email_address_down_without_locking_it() {
        let throttle = SignInThrottle::default();
        for n in 0..100 {
            assert!(fails(&throttle, keys("ann", n), SECOND));
        }
        let refused = throttle.attempt(keys("ann", 200), 2 * SECOND).unwrap_err();
        assert_eq!(refused.to_string(), "Too many attempts. Try again in 9 seconds.");
        assert!(fails(&throttle, keys("ann", 200), 11 * SECOND));
        assert!(!fails(&throttle, keys("ann", 201), 12 * SECOND));
        assert!(fails(&throttle, keys("ann", 201), 21 * SECOND));
    }

    #[test]
    fn a_success_resets_only_the_failures_from_the_same_network() {
        let throttle = SignInThrottle::default();
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 1), SECOND)));
        assert!((0..9).all(|_| fails(&throttle, keys("ann", 2), SECOND)));
        throttle.attempt(keys("ann", 2), SECOND).unwrap().succeeded();
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 2), SECOND)));
        assert!(!fails(&throttle, keys("ann", 1), SECOND));
    }

    #[test]
    fn many_concurrent_attempts_wait_for_each_other_without_a_lock() {
        let throttle = SignInThrottle::default();
        let begun: Vec<_> = (0..10).map(|_| throttle.attempt(keys("ann", 1), SECOND).unwrap()).collect();
        let refused = throttle.attempt(keys("ann", 1), SECOND).unwrap_err();
        assert_eq!(refused.to_string(), "Too many attempts. Try again in 1 second.");
        for attempt in begun {
            attempt.succeeded();
        }
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 1), SECOND)));
        assert!(!fails(&throttle, keys("ann", 1), SECOND));
    }

    #[test]
    fn a_withdrawn_attempt_does_not_count() {
        let throttle = SignInThrottle::default();
        for _ in 0..1000 {
            throttle.attempt(keys("ann", 1), SECOND).unwrap().withdraw();
        }
        assert!(fails(&throttle, keys("ann", 1), SECOND));
    }

    proptest! {
        #[test]
        fn no_window_holds_more_failures_than_allowed(steps in prop::collection::vec((0..3_u8, 0..120_u64), 1..200)) {
            let (throttle, mut now) = (SignInThrottle::default(), Duration::ZERO);
            let mut let_through: Vec<(u8, Duration)> = Vec::new();
            for (n, pause) in steps {
                now += Duration::from_secs(pause);
                if fails(&throttle, keys("ann", n), now) {
                    let_through.push((n, now));
                }
                let recent = let_through.iter().filter(|(from, at)| *from == n && now - *at < WINDOW);
                prop_assert!(recent.count() <= 10);
            }
        }

        #[test]
        fn memory_is_bounded(emails in prop::collection::vec("[a-z]{6}", 1..50)) {
            let throttle = SignInThrottle { entries: Mutex::new(LruCache::new(NonZeroUsize::new(30).unwrap())) };
            for email in &emails {
                fails(&throttle, keys(email, 1), SECOND);
            }
            prop_assert!(throttle.entries().len() <= 30);
        }
    }
}
