//! The live feed: one task reads new events from the log and tells every stream. It is woken after each commit here,
//! and looks every second for what other replicas have committed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{event::Event, ids::EventId};
use tokio::sync::{Notify, broadcast, watch};

use super::{queries, recheck::Rechecks};
use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// How many events a stream may lag behind before it must resume by `Last-Event-ID`.
const LAG: usize = 4096;
/// How many events are read at once.
const BATCH: i64 = 500;
/// How often to look for what other replicas have committed.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// How long an id may be missing that a transaction has taken and not yet committed.
const PATIENCE: TimeDelta = TimeDelta::seconds(10);

/// Tells streams of new events.
#[derive(Debug)]
pub struct Feed {
    wake: Notify,
    // `None` once the desk ends, which ends every stream.
    events: Mutex<Option<broadcast::Sender<Event>>>,
    /// What the streams find out about their callers.
    pub(super) rechecks: Rechecks,
}

impl Default for Feed {
    fn default() -> Self {
        let events = Mutex::new(Some(broadcast::Sender::new(LAG)));
        Self { wake: Notify::new(), events, rechecks: Rechecks::default() }
    }
}

impl Feed {
    /// Something was committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What comes from now on; nothing, once the desk ends.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender().as_ref().map_or_else(|| broadcast::channel(1).1, broadcast::Sender::subscribe)
    }

    fn sender(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the log and tells the streams until `stop` says so, and then ends them.
    pub async fn run(self: Arc<Self>, db: Db, clock: Clock, mut stop: watch::Receiver<bool>) {
        let mut horizon: Option<Horizon> = None;
        while !*stop.borrow() {
            match self.look(&db, &clock, &mut horizon).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the event log cannot be read"),
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.wake.notified() => {}
                () = clock.sleep(LOOK) => {}
            }
        }
        self.sender().take();
    }

    /// Tells what is new; whether there may be more.
    async fn look(&self, db: &Db, clock: &Clock, horizon: &mut Option<Horizon>) -> Result<bool, DbError> {
        let horizon = match horizon {
            Some(horizon) => horizon,
            None => horizon.insert(Horizon::after(db.read(queries::newest).await?)),
        };
        let from = horizon.read_from();
        let events = db.read(move |conn| queries::after(conn, from, BATCH)).await?;
        let full = i64::try_from(events.len()).is_ok_and(|read| read == BATCH);
        for event in horizon.admit(events, clock.now()) {
            // Nobody listening is no fault.
            let _ = self.sender().as_ref().map(|events| events.send(event));
        }
        Ok(full)
    }
}

/// How far the log has been told. On PostgreSQL ids become visible in the order of commits, not of ids: what is
/// missing below the newest is waited for.
#[derive(Debug)]
struct Horizon {
    newest: i64,
    missing: BTreeMap<i64, DateTime<Utc>>,
}

impl Horizon {
    fn after(newest: EventId) -> Self {
        Self { newest: newest.0, missing: BTreeMap::new() }
    }

    /// The id after which to read.
    fn read_from(&self) -> EventId {
        EventId(self.missing.keys().next().map_or(self.newest, |first| first - 1))
    }

    /// Those of `events` that have not been told yet.
    fn admit(&mut self, events: Vec<Event>, now: DateTime<Utc>) -> Vec<Event> {
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
        // What has been missing too long was rolled back.
        self.missing.retain(|id, since| !seen.contains(id) && now - *since < PATIENCE);
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

    fn told(horizon: &mut Horizon, ids: &[i64], second: i64) -> Vec<i64> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        horizon.admit(events(ids), now).into_iter().map(|event| event.id.0).collect()
    }

    #[test]
    fn an_event_that_is_committed_late_is_told_once() {
        let mut horizon = Horizon::after(EventId(10));
        assert_eq!(told(&mut horizon, &[11, 13], 0), [11, 13]);
        assert_eq!(horizon.read_from(), EventId(11));
        assert_eq!(told(&mut horizon, &[12, 13], 1), [12]);
        assert_eq!(horizon.read_from(), EventId(13));
        assert!(told(&mut horizon, &[], 2).is_empty());
    }

    #[test]
    fn an_id_that_was_rolled_back_is_not_waited_for_for_ever() {
        let mut horizon = Horizon::after(EventId(0));
        assert_eq!(told(&mut horizon, &[2], 0), [2]);
        assert_eq!(told(&mut horizon, &[2], 10), [0; 0]);
        assert_eq!(horizon.read_from(), EventId(2));
    }
}
