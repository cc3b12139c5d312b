//! Claims: at most one import at a time per team. A claim expires after some seconds and every write renews it, so a
//! killed process does not block the team for long.

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::{DailyFileId, TeamId};

use super::queries::{self, NewFile};
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
};

/// How long a claim stays valid without renewal.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// Interval of renewal while nothing is written.
const RENEWAL_INTERVAL: TimeDelta = TimeDelta::seconds(5);

/// Why a claim could not be acquired or renewed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another import holds the claim.
    #[error("Another file of this team is being processed. Try again when it has finished.")]
    Held,
    /// The claim expired, and the staged file was discarded.
    #[error(
        "The import took too long and was stopped. The previous file is still in use. Upload the file again."
    )]
    Lost,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

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
    /// `Held` when another import holds it.
    pub(super) async fn acquire(
        db: &Db,
        clock: &Clock,
        team: TeamId,
        time_zone: &str,
        by: String,
    ) -> Result<Self, ClaimError> {
        let now = clock.now();
        let date = match time_zone.parse::<chrono_tz::Tz>() {
            Ok(zone) => now.with_timezone(&zone).date_naive(),
            Err(_) => now.date_naive(),
        };
        let claimed = db
            .write(move |conn| {
                let new = NewFile { team, date, by: &by, now, held_until: now + LEASE };
                queries::claim(conn, &new)
            })
            .await?;
        let id = claimed.ok_or(ClaimError::Held)?;
        Ok(Self { db: db.clone(), clock: clock.clone(), id })
    }

    /// Runs `work` in a write transaction that renews the claim first.
    ///
    /// # Errors
    /// Database errors; `Lost` when the claim was lost.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection, DailyFileId) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, ClaimError> {
        let (id, until) = (self.id, self.until());
        self.db
            .write(move |conn| {
                if !queries::renew(conn, id, until)? {
                    return Err(ClaimError::Lost);
                }
                Ok(work(conn, id)?)
            })
            .await
    }

    /// Runs long `work`, and keeps the claim renewed meanwhile.
    ///
    /// # Errors
    /// Errors of `work`; `Lost` when the claim was lost.
    pub(super) async fn hold_during<T, E: From<ClaimError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
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
            error = renewing => Err(error.into()),
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
