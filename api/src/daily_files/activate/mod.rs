//! Makes a file the team's current file, in one short transaction, after comparing it with the previous one
//! ([`compare`], [`changes`]). Then updates the references and names of the team's conversations ([`refresh`]).

mod changes;
mod compare;
mod first;
mod group;
mod queries;
mod refresh;

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::AuditSubjectKind,
    daily_file::Turnover,
    ids::{DailyFileId, TeamId},
};

use super::{
    DailyFiles, RowCounts,
    claim::{Claim, ClaimError},
    queries as files,
};
use crate::{
    auth::{NotFound, Resource, audit_log::AuditEvent},
    db::{DbConnection, DbError, Lock},
    events,
};

pub(super) use changes::Changes;
pub(super) use compare::CompareError;
pub(super) use compare::Compared;
pub(super) use refresh::due;

/// Number of files that are kept per team and can be restored.
const HISTORY_SIZE: i64 = 30;

/// The file replaces most customers, which the caller has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This file replaces most customers: of the {} in the current file it drops {} and changes {}, and {} of its {} \
     customers are new. Nothing was changed. If this is right, send the file again with confirm=true.",
    .turnover.customers_before(), .turnover.dropped, .turnover.changed, .turnover.added, .turnover.customers_after()
)]
pub struct UnusualDrop {
    /// How many customers it replaces.
    pub turnover: Turnover,
}

/// Why a file could not become current.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The file was deleted meanwhile.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file replaces most customers.
    #[error(transparent)]
    UnusualDrop(#[from] UnusualDrop),
    /// The claim on the team was lost.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The file could not be compared with the current one.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A file whose rows are all stored.
#[derive(Clone, Debug)]
pub(super) struct CompleteFile {
    pub(super) id: DailyFileId,
    pub(super) columns: Vec<String>,
    /// `None` for a file from the history.
    pub(super) counts: Option<RowCounts>,
    /// The entry of the audit log.
    pub(super) event: AuditEvent,
}

impl DailyFiles {
    /// Makes a file the current one, and returns how it differs from the previous one. If another file has become
    /// current since the comparison, compares again with that one. `check` may refuse the differences. The claim of an
    /// uploaded file ends when the file becomes current and cannot be renewed after that.
    ///
    /// # Errors
    /// Errors of `check`; when the file is gone; database errors.
    pub(super) async fn make_current(
        &self,
        team: TeamId,
        file: CompleteFile,
        mut known: Option<Compared>,
        claim: Option<&Claim>,
        check: impl Fn(&Changes) -> Result<(), UnusualDrop>,
    ) -> Result<Changes, ActivateError> {
        let id = file.id;
        loop {
            let comparing = async { Ok::<_, ActivateError>(self.compare(team, id, &file.columns).await?) };
            let compared = match (known.take(), claim) {
                (Some(compared), _) => compared,
                (None, Some(claim)) => claim.hold_during(comparing).await?,
                (None, None) => comparing.await?,
            };
            check(&compared.changes)?;
            let (file, before, now) = (file.clone(), compared.before, self.clock.now());
            if self.db.write(move |conn| activate(conn, team, file, before, now)).await? {
                self.feed.wake();
                self.refresh(team, id).await;
                return Ok(compared.changes);
            }
        }
    }
}

/// Activates the file. Returns `false` if the current file is no longer the one of the comparison.
fn activate(
    conn: &mut DbConnection,
    team: TeamId,
    file: CompleteFile,
    before: Option<DailyFileId>,
    now: DateTime<Utc>,
) -> Result<bool, ActivateError> {
    conn.advisory_lock(Lock::DailyFiles(team))?;
    let current = files::current(conn, team)?.map(|current| current.file.id);
    if current != before {
        return Ok(false);
    }
    let CompleteFile { id, columns, counts, event } = file;
    let exists = match counts {
        Some(counts) => files::finish(conn, id, columns, counts)?,
        None => files::find(conn, team, id)?.is_some(),
    };
    if !exists {
        return Err(NotFound::new(Resource::DailyFile).into());
    }
    files::make_current(conn, current, id)?;
    files::discard_old(conn, team, HISTORY_SIZE)?;
    events::queries::insert_of_daily_file(conn, team, id, now)?;
    event.team(team).subject(AuditSubjectKind::DailyFile, id.0).record(conn, now)?;
    Ok(true)
}
