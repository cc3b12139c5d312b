//! Who brings in a file for a team: one at a time. The claim lasts for some seconds and is renewed with all that is
//! written, so that a process that is killed leaves nothing that is in the way for long.

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

/// How long a claim lasts that nobody renews.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How often it is renewed while nothing is written.
const RENEWAL: TimeDelta = TimeDelta::seconds(5);

/// The right to bring in a file for a team.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    db: Db,
    clock: Clock,
    pub(super) id: DailyFileId,
}

impl Claim {
    /// Takes it.
    ///
    /// # Errors
    /// `request_in_progress` when somebody else has it.
    pub(super) async fn take(
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

    /// Writes something about the file, which renews the claim.
    ///
    /// # Errors
    /// What `work` answers; `request_in_progress` when the claim was lost.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection, DailyFileId) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (id, until) = (self.id, self.until());
        self.db
            .write(move |conn| {
                if !queries::hold(conn, id, until)? {
                    return Err(lost());
                }
                work(conn, id)
            })
            .await
    }

    /// Does something that takes its time, and renews the claim meanwhile.
    ///
    /// # Errors
    /// What `work` answers.
    pub(super) async fn during<T>(
        &self,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let renewing = async {
            loop {
                self.clock.sleep(RENEWAL).await;
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

    /// Gives it up, and the file with it.
    pub(super) async fn give_up(self) {
        let id = self.id;
        let given_up = self.db.write(move |conn| queries::discard(conn, id)).await;
        if let Err(error) = given_up {
            // It runs out by itself.
            tracing::warn!(%error, "a daily file that did not come in could not be given up");
        }
    }

    fn until(&self) -> DateTime<Utc> {
        self.clock.now() + LEASE
    }
}

fn lost() -> ApiError {
    let detail =
        "Bringing in this file took too long, and was given up. The file before is still the current one.";
    ApiError::new(ErrorCode::RequestInProgress, detail)
}
