//! The live feed: one task reads new events from the log, changes the [versions](super::versions) of what they changed,
//! and sends them to all streams. Commits of this process wake it; ten times a second it also looks for commits of other
//! processes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{event::Event, ids::EventId, presence::PresenceChange};
use tokio::sync::{Notify, broadcast, watch};

use super::{published::Published, queries, versions::Versions};
use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// Number of events that a stream may lag behind before it is closed and must resume with `Last-Event-ID`.
const CHANNEL_CAPACITY: usize = 4096;
/// Maximum number of events in one read.
const BATCH: i64 = 500;
/// Interval at which the log is read for commits of other processes. On PostgreSQL, `NOTIFY` would make commits wait for
/// each other; a read of no rows costs less.
const POLL_INTERVAL: TimeDelta = TimeDelta::milliseconds(100);
/// How long to wait for a missing id, which an uncommitted transaction may hold.
const GAP_TIMEOUT: TimeDelta = TimeDelta::seconds(10);

/// Sends new events to the live streams.
#[derive(Debug)]
pub struct Feed {
    wake: Notify,
    versions: Arc<Versions>,
    // `None` after shutdown. Dropping the sender ends all streams.
    events: Mutex<Option<broadcast::Sender<Arc<Published>>>>,
}

impl Feed {
    /// Creates the feed, which changes these versions.
    #[must_use]
    pub fn new(versions: Arc<Versions>) -> Self {
        let events = Mutex::new(Some(broadcast::Sender::new(CHANNEL_CAPACITY)));
        Self { wake: Notify::new(), versions, events }
    }

    /// Makes the feed read the log. Call it after a commit.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Subscribes to the events from now on. After shutdown, the receiver is closed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender().as_ref().map_or_else(|| broadcast::channel(1).1, broadcast::Sender::subscribe)
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Arc<Published>>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the events after `last` until `stop` is set, then ends all streams. `last` is read before the server
    /// listens, so that no stream misses an event of the time until this task runs.
    pub async fn run(self: Arc<Self>, db: Db, clock: Clock, last: EventId, mut stop: watch::Receiver<bool>) {
        let mut position = Position::after(last);
        while !*stop.borrow() {
            match self.publish(&db, &clock, &mut position).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the event log cannot be read"),
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.wake.notified() => {}
                () = clock.sleep(POLL_INTERVAL) => {}
            }
        }
        self.sender().take();
    }

    /// Publishes one batch of new events. Returns whether there may be more.
    async fn publish(&self, db: &Db, clock: &Clock, position: &mut Position) -> Result<bool, DbError> {
        let (from, read_at) = (position.read_from(), clock.monotonic());
        let events = db.read(move |conn| queries::after(conn, from, BATCH)).await?;
        let full = i64::try_from(events.len()).is_ok_and(|read| read == BATCH);
        let new = position.take_new(events, clock.now());
        // First, so that those who receive an event do not get what was cached before it.
        self.versions.read_from_log(&new, read_at);
        for event in new {
            self.send(Published::event(event));
        }
        Ok(full)
    }

    /// Sends a change of presence to the streams. It is in no log, so a stream that resumes does not get it.
    pub(crate) fn publish_presence(&self, change: &PresenceChange) {
        self.send(Published::presence(change));
    }

    fn send(&self, published: Option<Published>) {
        if let (Some(events), Some(published)) = (self.sender().as_ref(), published) {
            // Sending fails when there are no streams, which is not an error.
            let _ = events.send(Arc::new(published));
        }
    }
}

/// The position in the log up to which events were published. On PostgreSQL, ids become visible in commit order, not in
/// id order, so ids that are missing below the newest may still appear.
#[derive(Debug)]
struct Position {
    newest: i64,
    missing: BTreeMap<i64, DateTime<Utc>>,
}

impl Position {
    fn after(newest: EventId) -> Self {
        Self { newest: newest.0, missing: BTreeMap::new() }
    }

    /// The id after which the next read starts.
    fn read_from(&self) -> EventId {
        EventId(self.missing.keys().next().map_or(self.newest, |first| first - 1))
    }

    /// Returns the events that were not published yet, and advances the position.
    fn take_new(&mut self, events: Vec<Event>, now: DateTime<Utc>) -> Vec<Event> {
        let mut new = Vec::with_capacity(events.len());
        let seen: BTreeSet<i64> = events.iter().map(|event| event.id.0).collect();
        for event in events {
            let id = event.id.0;
            if id > self.newest {
                for missing in self.newest + 1..id {
                    self.missing.insert(missing, now);
                }
                self.newest = id;
                new.push(event);
            } else if self.missing.contains_key(&id) {
                new.push(event);
            }
        }
        // An id that is missing for longer belongs to a transaction that was rolled back.
        self.missing.retain(|id, since| !seen.contains(id) && now - *since < GAP_TIMEOUT);
        new
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        event::EventKind,
        ids::{ConversationId, TeamId},
    };

    use super::*;

    fn events(ids: &[i64]) -> Vec<Event> {
        let event = |id: &i64| Event {
            id: EventId(*id),
            kind: EventKind::MessageReceived,
            team_id: Some(TeamId(1)),
            conversation_id: Some(ConversationId(1)),
            message_id: None,
            account_id: None,
            at: DateTime::UNIX_EPOCH,
        };
        ids.iter().map(event).collect()
    }

    fn new_ids(position: &mut Position, ids: &[i64], second: i64) -> Vec<i64> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        position.take_new(events(ids), now).into_iter().map(|event| event.id.0).collect()
    }

    #[test]
    fn an_event_that_is_committed_late_is_published_once() {
        let mut position = Position::after(EventId(10));
        assert_eq!(new_ids(&mut position, &[11, 13], 0), [11, 13]);
        assert_eq!(position.read_from(), EventId(11));
        assert_eq!(new_ids(&mut position, &[12, 13], 1), [12]);
        assert_eq!(position.read_from(), EventId(13));
        assert!(new_ids(&mut position, &[], 2).is_empty());
    }

    #[test]
    fn the_feed_stops_waiting_for_an_id_that_was_rolled_back() {
        let mut position = Position::after(EventId(0));
        assert_eq!(new_ids(&mut position, &[2], 0), [2]);
        assert_eq!(new_ids(&mut position, &[2], 10), [0; 0]);
        assert_eq!(position.read_from(), EventId(2));
    }
}
