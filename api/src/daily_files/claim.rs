//! Claims: at most one import at a time per team. A claim expires after some seconds and every write renews it, so a
//! killed process does not block the team for long.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    ErrorCode,
    ids::{DailyFileId, TeamId},
};

use super::queries::{self, NewFile};
use crate::{
    clock::Clock,
    db::{Db, DbConnection},
    error::ApiError,
};

/// How long a claim stays valid without renewal.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// Interval of renewal while nothing is written.
const RENEWAL_INTERVAL: TimeDelta = TimeDelta::seconds(5);

/// The exclusive right to import a file for a team.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    db: Db,
    clock: Clock,
    pub(super) id: DailyFileId,
}

impl Claim {
    /// Acquires the claim of a team.
    ///
    /// # Errors
    /// `request_in_progress` when another import holds it.
    pub(super) async fn acquire(
        db: &Db,
        clock: &Clock,
        team: TeamId,
        time_zone: &str,
        by: String,
    ) -> Result<Self, ApiError> {
        let now = clock.now();
        let date = match time_zone.parse::<chrono_tz::Tz>() {
            Ok(zone) => now.with_timezone(&zone).date_naive(),
            Err(_) => now.date_naive(),
        };
        let claimed = db
            .write(move |conn| {
                let new = NewFile { team, date, by: &by, now, held_until: now + LEASE };
                Ok::<_, ApiError>(queries::claim(conn, &new)?)
            })
            .await?;
        match claimed {
            Some(id) => Ok(Self { db: db.clone(), clock: clock.clone(), id }),
            None => {
                let detail = "Another file of this team is being processed. Try again when it has finished.";
                Err(ApiError::new(ErrorCode::RequestInProgress, detail).retry_after(5))
            }
        }
    }

    /// Runs `work` in a write transaction that renews the claim first.
    ///
    /// # Errors
    /// Errors of `work`; `request_in_progress` when the claim was lost.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection, DailyFileId) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (id, until) = (self.id, self.until());
        self.db
            .write(move |conn| {
                if !queries::renew(conn, id, until)? {
                    return Err(lost());
                }
                work(conn, id)
            })
            .await
    }

    /// Runs long `work`, and keeps the claim renewed meanwhile.
    ///
    /// # Errors
    /// Errors of `work`; `request_in_progress` when the claim was lost.
    pub(super) async fn hold_during<T>(
        &self,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let renewing = async {
            loop {
                self.clock.sleep(RENEWAL_INTERVAL).await;
                if let Err(error) = self.write(|_, _| Ok(())).await {
                    return error;
                }
            }
        };
        tokio::select! {
            done = work => done,
            error = renewing => Err(error),
        }
    }

    /// Discards the staged file, which ends the claim.
    pub(super) async fn discard(self) {
        let id = self.id;
        let discarded = self.db.write(move |conn| queries::discard(conn, id)).await;
        if let Err(error) = discarded {
            // The claim expires by itself.
            tracing::warn!(%error, "an incomplete daily file could not be discarded");
        }
    }

    fn until(&self) -> DateTime<Utc> {
        self.clock.now() + LEASE
    }
}

fn lost() -> ApiError {
    let detail =
        "The import took too long and was stopped. The previous file is still in use. Upload the file again.";
    ApiError::new(ErrorCode::RequestInProgress, detail)
}
