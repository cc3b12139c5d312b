//! Returns snoozed conversations to the queue when their time has come (rule 20), with their old `waiting_since`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::event::EventKind;
use tokio::sync::watch;

use super::queries;
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
    events::{self, feed::Feed},
};

/// Time between two runs, and so the longest delay of a return.
const INTERVAL: TimeDelta = TimeDelta::seconds(5);
/// Maximum number of conversations that return in one transaction.
const SLICE: i64 = 100;

/// Returns the conversations at each interval, until `stop` is set. Replicas may run at the same time: each
/// conversation returns once, because its row is locked.
pub(crate) async fn keep(db: Db, clock: Clock, feed: Arc<Feed>, mut stop: watch::Receiver<bool>) {
    let mut next = clock.sleep(INTERVAL);
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            () = next => {}
        }
        // The interval begins before the run, so that its length does not delay the next one.
        next = clock.sleep(INTERVAL);
        match return_all(&db, clock.now()).await {
            Ok(0) => {}
            Ok(_) => feed.wake(),
            Err(error) => tracing::error!(%error, "snoozed conversations could not be returned"),
        }
    }
}

/// Returns how many conversations returned to the queue.
async fn return_all(db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
    let mut returned = 0;
    // A run without work only reads.
    while db.read(move |conn| queries::is_due(conn, now)).await? {
        returned += db.write(move |conn| return_due(conn, now)).await?;
    }
    Ok(returned)
}

fn return_due(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<usize, DbError> {
    let due = queries::due_for_update(conn, now, SLICE)?;
    for (id, team) in &due {
        queries::wake(conn, *id)?;
        events::queries::insert(conn, EventKind::SnoozeChanged, *team, *id, None, now)?;
    }
    Ok(due.len())
}
