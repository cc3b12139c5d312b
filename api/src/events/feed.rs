//! The live feed: one task reads new events from the log, changes the [versions](super::versions) of what they changed,
//! and sends them to all streams. Commits of this process wake it; ten times a second it also looks for commits of other
//! processes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use shared::presence::PresenceChange;
use tokio::sync::{Notify, broadcast, watch};

use super::{
    position::{Found, Position},
    published::Published,
    versions::Versions,
};
use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// Number of events that a stream may lag behind before it is closed and must resume with `Last-Event-ID`.
const CHANNEL_CAPACITY: usize = 4096;
/// Interval at which the log is read for commits of other processes. On PostgreSQL, `NOTIFY` would make commits wait for
/// each other; a read of no rows costs less.
const POLL_INTERVAL: TimeDelta = TimeDelta::milliseconds(100);

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

    /// Publishes the events after a position until `stop` is set, then ends all streams. The position is read before
    /// the server listens, so that no stream misses an event of the time until this task runs.
    pub async fn run(
        self: Arc<Self>,
        db: Db,
        clock: Clock,
        mut position: Position,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut is_failing = false;
        while !*stop.borrow() {
            match self.publish(&db, &clock, &mut position).await {
                Ok(more) => {
                    if is_failing {
                        tracing::info!("the event log can be read again");
                    }
                    is_failing = false;
                    if more {
                        continue;
                    }
                }
                Err(error) => {
                    if !is_failing {
                        tracing::error!(%error, "the event log cannot be read");
                    }
                    is_failing = true;
                }
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
        let read_at = clock.monotonic();
        match position.read(db, read_at).await? {
            Found::New { events, more } => {
                // First, so that those who receive an event do not get what was cached before it.
                self.versions.read_from_log(&events, read_at);
                for event in events {
                    self.send(Published::event(event));
                }
                Ok(more)
            }
            Found::Rewound => {
                tracing::warn!("the event log lacks its last events; all streams begin again");
                *position = Position::end(db, clock).await?;
                self.versions.change_all();
                self.end_streams();
                Ok(true)
            }
        }
    }

    /// Ends all streams, so that their clients connect again and fetch what they display.
    fn end_streams(&self) {
        if let Some(events) = self.sender().as_mut() {
            *events = broadcast::Sender::new(CHANNEL_CAPACITY);
        }
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
