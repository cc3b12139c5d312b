//! Compares a file with the team's current file.

use std::path::Path;

use shared::ids::{DailyFileId, TeamId};
use tokio::task::JoinError;

use super::{Changes, queries};
use crate::{
    daily_files::{
        DailyFiles,
        queries::{StoredFile, current},
        stage::Fingerprints,
        temp_file::TempFileError,
    },
    db::DbError,
};

/// Rows of a stored file that are read per query.
const PAGE: i64 = 2000;

/// Why two files could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A temporary file failed.
    #[error(transparent)]
    TempFile(#[from] TempFileError),
    /// The comparison was aborted.
    #[error("the comparison of two files was aborted: {0}")]
    Aborted(#[from] JoinError),
}

/// The differences between a file and the file that was current at the time of the comparison.
#[derive(Clone, Debug)]
pub(in crate::daily_files) struct Compared {
    pub(super) before: Option<DailyFileId>,
    pub(in crate::daily_files) changes: Changes,
}

impl Compared {
    /// Compares a file with the previous one.
    ///
    /// # Errors
    /// Disk errors.
    pub(in crate::daily_files) async fn between(
        new: Fingerprints,
        known: Fingerprints,
        before: Option<DailyFileId>,
    ) -> Result<Self, CompareError> {
        let comparing = tokio::task::spawn_blocking(move || Changes::between(new, known));
        let changes = comparing.await?.map_err(TempFileError::from)?;
        Ok(Self { before, changes })
    }
}

impl DailyFiles {
    /// Returns the team's current file.
    pub(in crate::daily_files) async fn current(&self, team: TeamId) -> Result<Option<StoredFile>, DbError> {
        self.db.read(move |conn| current(conn, team)).await
    }

    /// Returns the fingerprints of a file's customers; none without a file.
    pub(in crate::daily_files) async fn fingerprints_of(
        &self,
        file: Option<&StoredFile>,
    ) -> Result<Fingerprints, CompareError> {
        match file {
            Some(file) => self.fingerprints(file.file.id, &file.columns).await,
            None => Ok(Fingerprints::of(&[], Path::new(""))),
        }
    }

    /// Compares a stored file with the team's current file.
    pub(super) async fn compare(
        &self,
        team: TeamId,
        id: DailyFileId,
        columns: &[String],
    ) -> Result<Compared, CompareError> {
        let before = self.current(team).await?;
        let new = self.fingerprints(id, columns).await?;
        let old = self.fingerprints_of(before.as_ref()).await?;
        Compared::between(new, old, before.map(|before| before.file.id)).await
    }

    async fn fingerprints(&self, id: DailyFileId, columns: &[String]) -> Result<Fingerprints, CompareError> {
        let mut found = Fingerprints::of(columns, &self.folder);
        let mut after = None;
        loop {
            let reading = self.db.read(move |conn| {
                let page = queries::page(conn, id, after.as_ref(), PAGE)?;
                for row in &page {
                    found.push(row, true).map_err(TempFileError::from)?;
                }
                let last = page.into_iter().next_back().map(|row| (row.number, row.line));
                Ok::<_, CompareError>((found, last))
            });
            (found, after) = reading.await?;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}
