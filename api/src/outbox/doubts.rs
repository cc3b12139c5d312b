//! Since when this process knows of attempts whose outcome may be unknown, by its monotonic clock. The time of an attempt
//! in the database comes from the clock of the replica that made it. If the clocks of two replicas differ, or a clock is
//! set forward, that time alone would make a message due for another attempt too early, and a customer would get it
//! twice.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use shared::ids::MessageId;

/// Maximum number of messages. One that is forgotten counts as new, so it waits longer.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// The messages, each with the time from which it counts.
#[derive(Debug)]
pub struct Doubts(Mutex<LruCache<MessageId, Duration>>);

impl Default for Doubts {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl Doubts {
    /// Records that an attempt begins now.
    pub(super) fn begin(&self, message: MessageId, now: Duration) {
        self.known().put(message, now);
    }

    /// Returns how long ago the last attempt of this process began, or how long ago it first looked the message up.
    pub(super) fn age(&self, message: MessageId, now: Duration) -> Duration {
        now.saturating_sub(*self.known().get_or_insert(message, || now))
    }

    fn known(&self) -> MutexGuard<'_, LruCache<MessageId, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_counts_from_the_last_attempt_or_the_first_look_up() {
        let (doubts, at) = (Doubts::default(), Duration::from_secs);
        assert_eq!(doubts.age(MessageId(1), at(10)), at(0));
        assert_eq!(doubts.age(MessageId(1), at(15)), at(5));
        doubts.begin(MessageId(1), at(20));
        assert_eq!(doubts.age(MessageId(1), at(22)), at(2));
        assert_eq!(doubts.age(MessageId(2), at(22)), at(0));
    }
}
