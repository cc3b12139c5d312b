//! Since when this process knows of attempts whose outcome may be unknown, by its monotonic clock. The time of an attempt
//! in the database comes from the clock of the replica that made it. If the clocks of two replicas differ, or a clock is
//! set forward, that time alone would make a message due for another attempt too early, and a customer would get it
//! twice.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use lru::LruCache;
use shared::ids::MessageId;

/// Maximum number of messages. One that is forgotten counts as new, so it waits longer.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// The last attempt of each message.
#[derive(Debug)]
pub struct Doubts(Mutex<LruCache<MessageId, LastAttempt>>);

/// The last attempt of a message.
#[derive(Clone, Copy, Debug)]
struct LastAttempt {
    /// Its start in the database, which distinguishes the attempts of all replicas.
    begun: DateTime<Utc>,
    /// Since when this process knows of it.
    known_since: Duration,
}

impl Default for Doubts {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl Doubts {
    /// Records that this process makes an attempt now, whose start in the database is `begun`.
    pub(super) fn begin(&self, message: MessageId, begun: DateTime<Utc>, now: Duration) {
        self.known().put(message, LastAttempt { begun, known_since: now });
    }

    /// Returns how long ago this process made the last attempt, which began at `begun`, or first looked the message up
    /// after an attempt of another replica.
    pub(super) fn age(&self, message: MessageId, begun: DateTime<Utc>, now: Duration) -> Duration {
        let new = LastAttempt { begun, known_since: now };
        let mut known = self.known();
        let last = known.get_or_insert_mut(message, || new);
        if last.begun != begun {
            *last = new;
        }
        now.saturating_sub(last.known_since)
    }

    fn known(&self) -> MutexGuard<'_, LruCache<MessageId, LastAttempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn an_age_counts_from_the_last_attempt_or_the_first_look_up() {
        let (doubts, at) = (Doubts::default(), Duration::from_secs);
        assert_eq!(doubts.age(MessageId(1), begun(1), at(10)), at(0));
        assert_eq!(doubts.age(MessageId(1), begun(1), at(15)), at(5));
        doubts.begin(MessageId(1), begun(2), at(20));
        assert_eq!(doubts.age(MessageId(1), begun(2), at(22)), at(2));
        assert_eq!(doubts.age(MessageId(2), begun(2), at(22)), at(0));
    }

    #[test]
    fn an_attempt_of_another_replica_restarts_the_age() {
        let (doubts, at) = (Doubts::default(), Duration::from_secs);
        assert_eq!(doubts.age(MessageId(1), begun(1), at(10)), at(0));
        assert_eq!(doubts.age(MessageId(1), begun(2), at(60)), at(0));
        assert_eq!(doubts.age(MessageId(1), begun(2), at(65)), at(5));
        // The other replica's clock is behind.
        doubts.begin(MessageId(1), begun(9), at(70));
        assert_eq!(doubts.age(MessageId(1), begun(8), at(99)), at(0));
    }
}
