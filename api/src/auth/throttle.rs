//! Slows down guessing passwords. Only failures count, so signing in often locks nobody out.
//!
//! A lock concerns one e-mail address *and* the network that the failures come from, so an attacker elsewhere cannot
//! lock an account's owner out. A browser that has signed in before carries a device cookie
//! (<https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies>) and is counted by itself:
//! it keeps working while its network is locked. Many failures for one e-mail address from many networks slow down
//! every unknown browser, but lock none.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use shared::{ErrorCode, words::duration};

use super::origin::Network;
use crate::error::ApiError;

/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// How long to wait while too many attempts have no outcome yet.
const PENDING: Duration = Duration::from_secs(1);
/// How many keys are remembered; the least recently used ones are forgotten first.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);

/// What failures are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Guesses at one e-mail address from one network.
    Email(String, Network),
    /// Guesses at one e-mail address from one browser that has signed in to it before.
    Device(String, String),
    /// Guesses from one network at any e-mail address: an office shares one.
    Network(Network),
    /// Guesses at one e-mail address from any network.
    EmailAnywhere(String),
    /// Guesses at the current password within one session.
    Session(i64),
}

impl Key {
    /// How many failures a window allows.
    fn most(&self) -> usize {
        match self {
            Key::Email(..) | Key::Device(..) | Key::Session(_) => 10,
            Key::Network(_) | Key::EmailAnywhere(_) => 100,
        }
    }

    /// How long one must wait after these failures, while some attempts have no outcome yet.
    fn wait(&self, tries: &VecDeque<Try>, now: Duration) -> Option<Duration> {
        let recent = tries.iter().filter(|attempt| attempt.is_recent(now));
        if recent.clone().count() < self.most() {
            return None;
        }
        let mut failures = recent.filter(|attempt| !attempt.pending).map(|attempt| attempt.at);
        let Some(over) = failures.clone().count().checked_sub(self.most()) else {
            return Some(PENDING);
        };
        let until = match self {
            // One attempt every ten seconds.
            Key::EmailAnywhere(_) => failures.next_back()? + Duration::from_secs(10),
            // Until enough failures have expired for one more attempt.
            _ => failures.nth(over)? + WINDOW,
        };
        until.checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// Whether a success proves that the failures before it were the owner's own.
    fn is_forgiven(&self) -> bool {
        matches!(self, Key::Email(..) | Key::Device(..) | Key::Session(_))
    }
}

/// An attempt that failed, or that has no outcome yet.
#[derive(Clone, Copy, Debug)]
struct Try {
    at: Duration,
    pending: bool,
}

impl Try {
    fn is_recent(self, now: Duration) -> bool {
        now.saturating_sub(self.at) < WINDOW
    }
}

/// The recent failures.
#[derive(Debug)]
pub struct SignInThrottle {
    tries: Mutex<LruCache<Key, VecDeque<Try>>>,
}

impl Default for SignInThrottle {
    fn default() -> Self {
        Self { tries: Mutex::new(LruCache::new(CAPACITY)) }
    }
}

/// An attempt that counts as a failure when it is dropped, unless it [succeeds](Self::succeeded) or is
/// [withdrawn](Self::withdraw). One that its client abandons is a failure too.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    throttle: &'a SignInThrottle,
    keys: Vec<Key>,
    at: Duration,
    reaches_limit: bool,
}

impl SignInThrottle {
    /// Begins an attempt, unless one of the keys must wait. `now` is the steady reading of the clock.
    ///
    /// # Errors
    /// `too_many_requests`, with the seconds to wait.
    pub(super) fn attempt(&self, keys: Vec<Key>, now: Duration) -> Result<Attempt<'_>, ApiError> {
        let mut tries = self.tries();
        let wait = keys.iter().filter_map(|key| key.wait(tries.get(key)?, now)).max();
        if let Some(wait) = wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = format!("Too many attempts. Try again in {}.", duration(seconds));
            return Err(ApiError::new(ErrorCode::TooManyRequests, detail).retry_after(seconds));
        }
        let mut reaches_limit = false;
        for key in &keys {
            let of_key = tries.get_or_insert_mut(key.clone(), VecDeque::new);
            of_key.retain(|attempt| attempt.is_recent(now));
            if of_key.len() >= key.most() {
                of_key.pop_front();
            }
            of_key.push_back(Try { at: now, pending: true });
            reaches_limit |= of_key.len() == key.most();
        }
        Ok(Attempt { throttle: self, keys, at: now, reaches_limit })
    }

    fn tries(&self) -> MutexGuard<'_, LruCache<Key, VecDeque<Try>>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Whether the next attempt must wait if this one fails.
    pub(super) fn reaches_limit(&self) -> bool {
        self.reaches_limit
    }

    /// The password was right: the owner's own failures are forgotten, and this attempt was none.
    pub(super) fn succeeded(self) {
        let mut tries = self.throttle.tries();
        for key in self.keys.iter().filter(|key| key.is_forgiven()) {
            if let Some(of_key) = tries.get_mut(key) {
                of_key.retain(|attempt| attempt.pending);
            }
        }
        drop(tries);
        self.withdraw();
    }

    /// The password was not checked.
    pub(super) fn withdraw(mut self) {
        self.settle(|of_key, place| {
            of_key.remove(place);
        });
        // Nothing is left to fail.
        self.keys.clear();
    }

    /// Does something with the attempt's entry under each of its keys.
    fn settle(&self, with: impl Fn(&mut VecDeque<Try>, usize)) {
        let mut tries = self.throttle.tries();
        for key in &self.keys {
            let Some(of_key) = tries.get_mut(key) else { continue };
            let own = |attempt: &Try| attempt.pending && attempt.at == self.at;
            if let Some(place) = of_key.iter().rposition(own) {
                with(of_key, place);
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.settle(|of_key, place| {
            if let Some(attempt) = of_key.get_mut(place) {
                attempt.pending = false;
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
        assert_eq!(refused.detail(), "Too many attempts. Try again in 15 minutes.");
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
    fn failures_from_many_networks_slow_an_email_address_down_and_lock_it_nowhere() {
        let throttle = SignInThrottle::default();
        for n in 0..100 {
            assert!(fails(&throttle, keys("ann", n), SECOND));
        }
        let refused = throttle.attempt(keys("ann", 200), 2 * SECOND).unwrap_err();
        assert_eq!(refused.detail(), "Too many attempts. Try again in 9 seconds.");
        assert!(fails(&throttle, keys("ann", 200), 11 * SECOND));
        assert!(!fails(&throttle, keys("ann", 201), 12 * SECOND));
        assert!(fails(&throttle, keys("ann", 201), 21 * SECOND));
    }

    #[test]
    fn a_success_forgives_the_owners_failures_and_no_one_elses() {
        let throttle = SignInThrottle::default();
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 1), SECOND)));
        assert!((0..9).all(|_| fails(&throttle, keys("ann", 2), SECOND)));
        throttle.attempt(keys("ann", 2), SECOND).unwrap().succeeded();
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 2), SECOND)));
        assert!(!fails(&throttle, keys("ann", 1), SECOND));
    }

    #[test]
    fn many_attempts_at_once_wait_for_each_other_and_lock_nothing() {
        let throttle = SignInThrottle::default();
        let begun: Vec<_> = (0..10).map(|_| throttle.attempt(keys("ann", 1), SECOND).unwrap()).collect();
        let refused = throttle.attempt(keys("ann", 1), SECOND).unwrap_err();
        assert_eq!(refused.detail(), "Too many attempts. Try again in 1 second.");
        for attempt in begun {
            attempt.succeeded();
        }
        assert!((0..10).all(|_| fails(&throttle, keys("ann", 1), SECOND)));
        assert!(!fails(&throttle, keys("ann", 1), SECOND));
    }

    #[test]
    fn an_attempt_that_was_not_checked_does_not_count() {
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
            let throttle = SignInThrottle { tries: Mutex::new(LruCache::new(NonZeroUsize::new(30).unwrap())) };
            for email in &emails {
                fails(&throttle, keys(email, 1), SECOND);
            }
            prop_assert!(throttle.tries().len() <= 30);
        }
    }
}
