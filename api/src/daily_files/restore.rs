//! Makes an earlier file the current one again. Its rows are still stored, so nothing is copied.

use shared::{
    daily_file::{ImportedFile, MAX_REJECTED_SHOWN, Turnover},
    ids::{DailyFileId, TeamId},
};

use super::{DailyFiles, activate::CompleteFile, changes::Changes, import::difference, queries};
use crate::{auth::TeamScope, error::ApiError, teams};

impl DailyFiles {
    /// Restores a file of a team's history.
    ///
    /// # Errors
    /// `not_found` for the team and the file.
    pub async fn restore(
        &self,
        scope: TeamScope,
        team: TeamId,
        id: DailyFileId,
    ) -> Result<ImportedFile, ApiError> {
        let (found, rejected) = self
            .db
            .read(move |conn| {
                teams::queries::require(conn, &scope, team)?;
                let found = queries::find(conn, team, id)?;
                let found = found.ok_or_else(|| ApiError::not_found("daily file"))?;
                let shown = i64::try_from(MAX_REJECTED_SHOWN).unwrap_or(i64::MAX);
                Ok::<_, ApiError>((found, queries::rejected(conn, id, shown)?))
            })
            .await?;
        let changes = if found.file.is_current {
            let unchanged = found.file.accepted;
            Changes { turnover: Turnover { unchanged, ..Turnover::default() }, ..Changes::default() }
        } else {
            let finished = CompleteFile { id, columns: found.columns.clone(), counts: None };
            self.make_current(team, finished, None, None, |_| Ok(())).await?
        };
        self.cleanup_requested.notify_one();
        let counts = [found.file.rows, found.file.accepted, found.file.rejected_rows];
        let difference = difference(counts, rejected, found.columns, changes);
        Ok(ImportedFile { id, file_date: found.file.file_date, difference })
    }
}
