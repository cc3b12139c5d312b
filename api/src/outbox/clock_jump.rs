//! Keeps the outbox moving after the machine's clock is set back. Times written before the change then lie in the
//! future, perhaps by hours, and messages and claims would wait until the clock reaches them.
//!
//! A time further in the future than any worker sets can only come from such a change. A message becomes due at once. A
//! claim is shortened to the length of a new one instead of being ended, because its worker may still be sending.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{
    backoff::LONGEST_ASKED,
    delivery_attempt::held_until,
    queries::{self, Latest},
    worker::Outbox,
};
use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// Interval between two checks.
const INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// Upper bound of the difference between two replicas' clocks.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// How far back the gateway's list is searched for a message that was attempted while the clock was ahead, since the
/// time of that attempt is unknown. An identical message of ours is not mistaken for it: its gateway id is already
/// stored.
const LOOKED_BACK: TimeDelta = TimeDelta::hours(24);

/// Checks the outbox for times too far in the future.
#[derive(Debug)]
pub(crate) struct ClockJumps {
    /// The database.
    pub(crate) db: Db,
    /// The clock.
    pub(crate) clock: Clock,
    /// Woken when messages become due.
    pub(crate) outbox: Arc<Outbox>,
    /// Time limit of a request to the gateway. It determines the length of a claim.
    pub(crate) timeout: TimeDelta,
}

impl ClockJumps {
    /// Checks the outbox at once and then every minute, until `stop` is set.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.clamp().await {
                tracing::error!(%error, "the outbox cannot be checked for times in the future");
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.clock.sleep(INTERVAL) => {}
            }
        }
    }

    async fn clamp(&self) -> Result<(), DbError> {
        let now = self.clock.now();
        let limits = latest(self.timeout, now);
        // Usually there is nothing to correct, and the check only reads, so it does not occupy the database's writer.
        let count = self.db.read(move |conn| queries::count_ahead(conn, limits)).await?;
        if count > 0 {
            tracing::warn!(count, "the clock was set back; outbox times in the future are corrected");
            self.db.write(move |conn| queries::clamp_ahead(conn, limits, now - LOOKED_BACK, now)).await?;
            self.outbox.wake();
        }
        Ok(())
    }
}

fn latest(timeout: TimeDelta, now: DateTime<Utc>) -> Latest {
    Latest {
        due_at: now + LONGEST_ASKED + SKEW,
        held_until: held_until(timeout, now) + SKEW,
        unknown_since: now + SKEW,
    }
}
