//! Keeps the outbox moving when the machine's clock is set back. Rows written by the clock of before then lie hours ahead:
//! a message would wait, and a claim would stand, until the clock gets there.
//!
//! A row further ahead than any worker sets it can only come from such a jump. A message becomes due at once. A claim
//! is shortened to the length of a new one instead of being ended, because its worker may still be sending.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{
    backoff::LONGEST_ASKED,
    hand_over::held_until,
    queries::{self, Latest},
    worker::Outbox,
};
use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// How often to look.
const INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// Two replicas' clocks differ by less.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// How far back the gateway's list is searched for a message that was tried while the clock was ahead: when that was is not
/// known. Messages of the same words are told apart by the gateway's ids of those that are known.
const LOOKED_BACK: TimeDelta = TimeDelta::hours(24);

/// What the check works with.
#[derive(Debug)]
pub(crate) struct ClockJumps {
    /// The database.
    pub(crate) db: Db,
    /// The clock.
    pub(crate) clock: Clock,
    /// Woken when messages become due.
    pub(crate) outbox: Arc<Outbox>,
    /// The gateway's time limit, from which a claim's length follows.
    pub(crate) timeout: TimeDelta,
}

impl ClockJumps {
    /// Checks the outbox at the start and then every minute, until `stop` is set.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.clamp().await {
                tracing::error!(%error, "the outbox cannot be checked for times far ahead");
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
        // Reading first keeps an outbox in order from taking the writer's turn.
        let count = self.db.read(move |conn| queries::count_ahead(conn, limits)).await?;
        if count > 0 {
            tracing::warn!(count, "messages were due, or claimed, far ahead: the clock was set back");
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
