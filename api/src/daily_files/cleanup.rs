//! Cleanup in the background: discards imports whose claim has expired, deletes discarded files slice by slice, and
//! finishes interrupted updates of conversations. Files that can be restored are not in state `discarded`, so they
//! stay.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::{DailyFiles, activate, queries};
use crate::db::DbError;

/// Interval of the cleanup, for files that other replicas or a killed process have left.
const INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Rows deleted per transaction: a few milliseconds of work.
const SLICE: i64 = 1000;

impl DailyFiles {
    /// Runs the cleanup until `stop` becomes true.
    pub async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let stopped = stop.clone();
            if let Err(error) = self.tidy_up(|| *stopped.borrow()).await {
                tracing::error!(%error, "the cleanup of daily files failed and will be tried again");
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.cleanup_requested.notified() => {}
                () = self.clock.sleep(INTERVAL) => {}
            }
        }
    }

    /// Discards interrupted imports at the start of the server. With an embedded database, every staged file is left
    /// from an earlier process. With PostgreSQL it may belong to a running replica, so its claim is left to expire.
    ///
    /// # Errors
    /// Database errors.
    pub async fn begin(&self) -> Result<(), DbError> {
        if self.db.is_embedded() {
            self.db.write(queries::discard_staged).await?;
        }
        Ok(())
    }

    /// Runs the cleanup once: until everything is deleted, or `enough` returns true after a slice.
    ///
    /// # Errors
    /// Database errors.
    pub async fn tidy_up(&self, enough: impl Fn() -> bool) -> Result<(), DbError> {
        let now = self.clock.now();
        self.db.write(move |conn| queries::discard_abandoned(conn, None, now)).await?;
        for (team, file) in self.db.read(activate::due).await? {
            self.refresh(team, file).await;
        }
        while let Some(id) = self.db.read(queries::discarded).await? {
            while self.db.write(move |conn| queries::delete_customers(conn, id, SLICE)).await? {
                if enough() {
                    return Ok(());
                }
            }
            self.db.write(move |conn| queries::delete(conn, id)).await?;
        }
        Ok(())
    }
}
