//! Makes an earlier file the current one again. Its rows are still stored, so nothing is copied.

use shared::{
    audit_entry::{AuditAction, AuditActor},
    daily_file::{ImportedFile, MAX_REJECTED_SHOWN, Turnover},
    ids::{DailyFileId, TeamId},
};

use super::{
    DailyFiles, RowCounts,
    activate::{ActivateError, Changes, CompleteFile},
    queries,
};
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope, audit_log::AuditEvent},
    db::DbError,
    teams,
};

/// Why a file could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// The file does not exist.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file could not become current.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DailyFiles {
    /// Restores a file of a team's history.
    ///
    /// # Errors
    /// `NotFound` for the team and the file.
    pub async fn restore(
        &self,
        scope: TeamScope,
        by: AuditActor,
        team: TeamId,
        id: DailyFileId,
    ) -> Result<ImportedFile, RestoreError> {
        let (found, rejected) = self
            .db
            .read(move |conn| {
                teams::queries::require(conn, &scope, team)?;
                let found = queries::find(conn, team, id)?.ok_or(NotFound::new(Resource::DailyFile))?;
                let shown = i64::try_from(MAX_REJECTED_SHOWN).unwrap_or(i64::MAX);
                Ok::<_, RestoreError>((found, queries::rejected(conn, id, shown)?))
            })
            .await?;
        let changes = if found.file.is_current {
            let unchanged = found.file.accepted;
            Changes { turnover: Turnover { unchanged, ..Turnover::default() }, ..Changes::default() }
        } else {
            let event =
                AuditEvent::new(AuditAction::DailyFileRestored, by).detail("file_date", found.file.file_date);
            let finished = CompleteFile { id, columns: found.columns.clone(), counts: None, event };
            self.make_current(team, finished, None, None, |_| Ok(())).await?
        };
        self.cleanup_requested.notify_one();
        let counts = RowCounts::of(&found.file);
        let difference = changes.into_difference(counts, rejected, found.columns);
        Ok(ImportedFile { id, file_date: found.file.file_date, difference })
    }
}
