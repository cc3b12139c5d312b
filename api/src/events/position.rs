//! The position in the event log up to which events were published.
//!
//! On PostgreSQL, ids become visible in the order of commits and not in their own order, so ids that are missing below
//! the newest may still appear. They are read again by id, so that a transaction that was rolled back, and whose id
//! never appears, does not delay the events after it.

use std::{collections::BTreeMap, time::Duration};

use shared::{event::Event, ids::EventId};

use super::queries;
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
};

/// Maximum number of new events in one read.
const BATCH: i64 = 500;
/// How long a missing id may still appear. Longer than PostgreSQL keeps a transaction that waits for its client
/// (`idle_in_transaction_session_timeout`).
const GAP_TIMEOUT: Duration = Duration::from_secs(45);
/// Maximum number of missing ids before one event. PostgreSQL skips some ids after a crash.
const MAX_GAP: i64 = 1000;

/// What one read of the log found.
pub(super) enum Found {
    /// These events were not published yet. `more`: there may be more of them.
    New { events: Vec<Event>, more: bool },
    /// The log does not contain the event at the position any more: the database was restored from a backup, or a
    /// standby without the last events has taken over.
    Rewound,
}

/// A position in the log.
#[derive(Debug)]
pub struct Position {
    /// The event with the highest id that was published, or that existed when the position was created.
    newest: Option<Event>,
    /// The lower ids that may still appear, and since when they are missing.
    missing: BTreeMap<i64, Duration>,
}

impl Position {
    /// The beginning of the log.
    #[must_use]
    pub fn start() -> Self {
        Self { newest: None, missing: BTreeMap::new() }
    }

    /// Returns the end of the log. Events whose transactions are in progress come after it, also when their ids are
    /// lower.
    ///
    /// # Errors
    /// Database errors.
    pub async fn end(db: &Db, clock: &Clock) -> Result<Self, DbError> {
        let now = clock.monotonic();
        let last = db.read(|conn| queries::last(conn, MAX_GAP)).await?;
        let mut position = Self::start();
        let Some(oldest) = last.first() else { return Ok(position) };
        position.newest = Some(Event { id: EventId(oldest.id.0 - 1), ..oldest.clone() });
        position.take_new(last, Vec::new(), now);
        Ok(position)
    }

    /// Reads the events that were not published yet, and advances.
    pub(super) async fn read(&mut self, db: &Db, now: Duration) -> Result<Found, DbError> {
        let newest = self.newest_id();
        let missing: Vec<i64> = self.missing.keys().copied().collect();
        let (mut events, late) =
            db.read(move |conn: &mut DbConnection| read_log(conn, newest, &missing)).await?;
        if let Some(newest) = &self.newest {
            if events.first() != Some(newest) {
                return Ok(Found::Rewound);
            }
            events.remove(0);
        }
        let more = i64::try_from(events.len()).is_ok_and(|read| read >= BATCH);
        Ok(Found::New { events: self.take_new(events, late, now), more })
    }

    fn newest_id(&self) -> i64 {
        self.newest.as_ref().map_or(0, |event| event.id.0)
    }

    /// Takes the events above the position and those that were missing below it, and returns all in order of their ids.
    fn take_new(&mut self, events: Vec<Event>, late: Vec<Event>, now: Duration) -> Vec<Event> {
        for event in &late {
            self.missing.remove(&event.id.0);
        }
        // An id that is missing for longer belongs to a transaction that was rolled back.
        self.missing.retain(|_, since| now.saturating_sub(*since) < GAP_TIMEOUT);
        let mut before = self.newest_id();
        for event in &events {
            let id = event.id.0;
            for missing in (before + 1).max(id - MAX_GAP)..id {
                self.missing.insert(missing, now);
            }
            before = id;
        }
        self.newest = events.last().cloned().or(self.newest.take());
        let mut new = late;
        new.extend(events);
        new
    }
}

/// Returns the event with this id and those after it, and those of the missing ids that have appeared.
fn read_log(
    conn: &mut DbConnection,
    newest: i64,
    missing: &[i64],
) -> Result<(Vec<Event>, Vec<Event>), DbError> {
    let events = queries::after(conn, EventId(newest - 1), BATCH + 1)?;
    let late = if missing.is_empty() { Vec::new() } else { queries::with_ids(conn, missing)? };
    Ok((events, late))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shared::event::EventKind;

    use super::*;

    fn events(ids: &[i64]) -> Vec<Event> {
        let event = |id: &i64| Event {
            id: EventId(*id),
            kind: EventKind::MessageReceived,
            team_id: None,
            conversation_id: None,
            message_id: None,
            account_id: None,
            at: DateTime::UNIX_EPOCH,
        };
        ids.iter().map(event).collect()
    }

    fn after(newest: i64) -> Position {
        Position { newest: events(&[newest]).pop(), missing: BTreeMap::new() }
    }

    fn new_ids(position: &mut Position, ids: &[i64], late: &[i64], second: u64) -> Vec<i64> {
        let now = Duration::from_secs(second);
        position.take_new(events(ids), events(late), now).into_iter().map(|event| event.id.0).collect()
    }

    fn missing(position: &Position) -> Vec<i64> {
        position.missing.keys().copied().collect()
    }

    #[test]
    fn an_event_that_is_committed_late_is_published_once() {
        let mut position = after(10);
        assert_eq!(new_ids(&mut position, &[11, 13], &[], 0), [11, 13]);
        assert_eq!((position.newest_id(), missing(&position)), (13, vec![12]));
        assert_eq!(new_ids(&mut position, &[14], &[12], 1), [12, 14]);
        assert_eq!((position.newest_id(), missing(&position)), (14, vec![]));
        assert!(new_ids(&mut position, &[], &[], 2).is_empty());
        assert_eq!(position.newest_id(), 14);
    }

    #[test]
    fn an_id_that_was_rolled_back_is_forgotten_after_a_while_and_delays_no_event() {
        let mut position = after(0);
        assert_eq!(new_ids(&mut position, &[2], &[], 0), [2]);
        let many: Vec<i64> = (3..1200).collect();
        assert_eq!(new_ids(&mut position, &many, &[], 1), many);
        assert_eq!(missing(&position), [1]);
        assert_eq!(new_ids(&mut position, &[], &[], 45), [0; 0]);
        assert!(missing(&position).is_empty());
    }

    #[test]
    fn a_large_gap_is_not_remembered_as_a_whole() {
        let mut position = after(1);
        assert_eq!(new_ids(&mut position, &[1_000_000], &[], 0), [1_000_000]);
        assert_eq!(position.missing.len(), 1000);
    }
}
