//! The position in the event log up to which deliveries were recorded. It is stored with the deliveries, so that a crash
//! neither loses nor repeats an event.
//!
//! On PostgreSQL, ids become visible in the order of commits and not in their own order. As in `events/position`, ids that
//! are missing below the newest are read again for a while. Events of one conversation are in order, because each
//! transaction locks the conversation before it appends an event.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a missing id may still appear. Longer than PostgreSQL keeps a transaction that waits for its client
/// (`idle_in_transaction_session_timeout`).
const GAP_TIMEOUT: TimeDelta = TimeDelta::seconds(45);
/// Maximum number of missing ids before one event. PostgreSQL skips some ids after a crash.
const MAX_GAP: i64 = 1000;

/// A position in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The highest id that was read.
    pub(super) newest: i64,
    /// The lower ids that may still appear.
    pub(super) missing: Missing,
}

/// Missing ids, with the time since when each is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missing(BTreeMap<i64, DateTime<Utc>>);

impl Missing {
    /// Returns the ids.
    pub(super) fn ids(&self) -> Vec<i64> {
        self.0.keys().copied().collect()
    }
}

impl Position {
    /// Returns the position after these ids were read.
    pub(super) fn after(&self, ids: impl Iterator<Item = i64>, now: DateTime<Utc>) -> Self {
        let mut next = self.clone();
        for id in ids {
            next.missing.0.remove(&id);
            for missing in (next.newest + 1).max(id - MAX_GAP)..id {
                next.missing.0.insert(missing, now);
            }
            next.newest = next.newest.max(id);
        }
        // An id that is missing for longer belongs to a transaction that was rolled back.
        next.missing.0.retain(|_, since| now - *since < GAP_TIMEOUT);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn an_id_that_appears_late_is_no_longer_missing() {
        let first = Position { newest: 4, ..Position::default() }.after([5, 8].into_iter(), at(0));
        assert_eq!((first.newest, first.missing.ids()), (8, vec![6, 7]));
        let second = first.after([6, 9].into_iter(), at(1));
        assert_eq!((second.newest, second.missing.ids()), (9, vec![7]));
    }

    #[test]
    fn an_id_that_does_not_appear_is_given_up() {
        let position = Position::default().after([2].into_iter(), at(0));
        assert_eq!(position.after([].into_iter(), at(44)).missing.ids(), [1]);
        assert_eq!(position.after([].into_iter(), at(45)).missing.ids(), Vec::<i64>::new());
    }

    #[test]
    fn a_large_gap_is_not_remembered_as_a_whole() {
        let position = Position::default().after([5000].into_iter(), at(0));
        assert_eq!(position.missing.ids().len(), 1000);
        assert_eq!(position.missing.ids().first(), Some(&4000));
    }

    #[test]
    fn a_stored_position_is_read_unchanged() {
        let position = Position::default().after([3].into_iter(), at(0));
        let text = serde_json::to_string(&position.missing).unwrap();
        assert_eq!(serde_json::from_str::<Missing>(&text).unwrap(), position.missing);
        assert_eq!(serde_json::from_str::<Missing>("{}").unwrap(), Missing::default());
    }
}
