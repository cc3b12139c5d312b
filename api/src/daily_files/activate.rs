//! Makes a file the team's current file, in one short transaction, after comparing it with the previous one. Then
//! updates the references and names of the team's conversations.

use std::path::Path;

use chrono::{DateTime, Utc};
use shared::{
    event::EventKind,
    ids::{DailyFileId, TeamId},
};

use super::{
    DailyFiles,
    changes::{Changes, Fingerprints},
    claim::Claim,
    fault::temp_file_failed,
    queries::{self, StoredFile},
    storing,
};
use crate::{
    db::{DbConnection, Lock},
    error::ApiError,
    events,
};

/// Number of files that are kept per team and can be restored.
const HISTORY_SIZE: i64 = 30;

/// The differences between a file and the file that was current at the time of the comparison.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    before: Option<DailyFileId>,
    pub(super) changes: Changes,
}

impl Compared {
    /// Compares a file with the previous one.
    ///
    /// # Errors
    /// Disk errors.
    pub(super) async fn between(
        new: Fingerprints,
        known: Fingerprints,
        before: Option<DailyFileId>,
    ) -> Result<Self, ApiError> {
        let compared = tokio::task::spawn_blocking(move || new.changes_since(known)).await;
        let changes = compared.map_err(|fault| ApiError::internal(&fault))?;
        Ok(Self { before, changes: changes.map_err(|error| temp_file_failed(&error))? })
    }
}

/// A file whose rows are all stored.
#[derive(Clone, Debug)]
pub(super) struct CompleteFile {
    pub(super) id: DailyFileId,
    pub(super) columns: Vec<String>,
    /// The numbers of rows, accepted rows and rejected rows; `None` for a file from the history.
    pub(super) counts: Option<[i64; 3]>,
}

impl DailyFiles {
    /// Returns the team's current file.
    pub(super) async fn current(&self, team: TeamId) -> Result<Option<StoredFile>, ApiError> {
        Ok(self.db.read(move |conn| queries::current(conn, team)).await?)
    }

    /// Returns the fingerprints of a file's customers; none without a file.
    pub(super) async fn fingerprints_of(&self, file: Option<&StoredFile>) -> Result<Fingerprints, ApiError> {
        match file {
            Some(file) => self.fingerprints(file.file.id, &file.columns).await,
            None => Ok(Fingerprints::of(&[], Path::new(""))),
        }
    }

    async fn compare(&self, team: TeamId, id: DailyFileId, columns: &[String]) -> Result<Compared, ApiError> {
        let before = self.current(team).await?;
        let new = self.fingerprints(id, columns).await?;
        let old = self.fingerprints_of(before.as_ref()).await?;
        Compared::between(new, old, before.map(|before| before.file.id)).await
    }

    async fn fingerprints(&self, id: DailyFileId, columns: &[String]) -> Result<Fingerprints, ApiError> {
        storing::fingerprints(&self.db, id, columns, &self.folder).await
    }

    /// Makes a file the current one, and returns how it differs from the previous one. If another file has become
    /// current since the comparison, compares again with that one. `check` may refuse the differences. The claim of an
    /// uploaded file ends when the file becomes current and cannot be renewed after that.
    ///
    /// # Errors
    /// Errors of `check`; `not_found` when the file is gone; database errors.
    pub(super) async fn make_current(
        &self,
        team: TeamId,
        finished: CompleteFile,
        mut known: Option<Compared>,
        claim: Option<&Claim>,
        check: impl Fn(&Changes) -> Result<(), ApiError>,
    ) -> Result<Changes, ApiError> {
        let id = finished.id;
        loop {
            let comparing = self.compare(team, id, &finished.columns);
            let compared = match (known.take(), claim) {
                (Some(compared), _) => compared,
                (None, Some(claim)) => claim.hold_during(comparing).await?,
                (None, None) => comparing.await?,
            };
            check(&compared.changes)?;
            let (finished, before, now) = (finished.clone(), compared.before, self.clock.now());
            if self.db.write(move |conn| activate(conn, team, finished, before, now)).await? {
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
    finished: CompleteFile,
    before: Option<DailyFileId>,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    conn.advisory_lock(Lock::DailyFiles(team))?;
    let current = queries::current(conn, team)?.map(|current| current.file.id);
    if current != before {
        return Ok(false);
    }
    let CompleteFile { id, columns, counts } = finished;
    let exists = match counts {
        Some(counts) => queries::finish(conn, id, columns, counts)?,
        None => queries::find(conn, team, id)?.is_some(),
    };
    if !exists {
        return Err(ApiError::not_found("daily file"));
    }
    queries::make_current(conn, current, id)?;
    queries::discard_old(conn, team, HISTORY_SIZE)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)?;
    Ok(true)
}
