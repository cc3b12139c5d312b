//! Tidies up: gives up what nobody brings in any more, takes away what was given up, slice by slice, and refreshes
//! conversations where that did not get to its end. It must never touch a file that can be restored.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::{DailyFiles, queries, refresh, rows::queries as rows};
use crate::db::DbError;

/// How often to look for what other replicas, or a killed process, have left.
const LOOK: TimeDelta = TimeDelta::seconds(60);
/// How many rows are taken away in one transaction: some milliseconds of work.
const SLICE: i64 = 1000;

impl DailyFiles {
    /// Tidies up until `stop` says so.
    pub async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let stopped = stop.clone();
            if let Err(error) = self.tidy_up(|| *stopped.borrow()).await {
                tracing::error!(%error, "daily files cannot be tidied up");
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.tidy.notified() => {}
                () = self.clock.sleep(LOOK) => {}
            }
        }
    }

    /// Before a desk takes files: whoever brought one into an embedded database was this desk before its end, or starts
    /// again. On a server it may be another replica, whose claim runs out by itself if it has ended.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn begin(&self) -> Result<(), DbError> {
        if self.db.is_embedded() {
            self.db.write(queries::discard_staged).await?;
        }
        Ok(())
    }

    /// Takes away what was given up, until all is gone or `enough` says so.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn tidy_up(&self, enough: impl Fn() -> bool) -> Result<(), DbError> {
        let now = self.clock.now();
        self.db.write(move |conn| queries::discard_abandoned(conn, None, now)).await?;
        for (team, file) in self.db.read(refresh::due).await? {
            self.refresh(team, file).await;
        }
        while let Some(id) = self.db.read(queries::discarded).await? {
            while self.db.write(move |conn| rows::delete(conn, id, SLICE)).await? {
                if enough() {
                    return Ok(());
                }
            }
            self.db.write(move |conn| queries::delete(conn, id)).await?;
        }
        Ok(())
    }
}
