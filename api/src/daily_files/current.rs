//! A file becomes the team's current one: in one short transaction, after it has been compared with the one before. Then
//! the team's conversations take its references and names over.

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
    fault::not_kept,
    queries::{self, StoredFile},
    storing,
};
use crate::{db::DbConnection, error::ApiError, events};

/// How many files of a team are kept: as many can be restored.
const KEPT: i64 = 30;

/// How a file differs from the one that was current when it was looked at.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    before: Option<DailyFileId>,
    pub(super) changes: Changes,
}

impl Compared {
    /// Compares a file with the one before.
    ///
    /// # Errors
    /// Faults of the disk.
    pub(super) async fn between(
        new: Fingerprints,
        known: Fingerprints,
        before: Option<DailyFileId>,
    ) -> Result<Self, ApiError> {
        let compared = tokio::task::spawn_blocking(move || new.since(known)).await;
        let changes = compared.map_err(|fault| ApiError::internal(&fault))?;
        Ok(Self { before, changes: changes.map_err(|error| not_kept(&error))? })
    }
}

/// A file of which every row is stored.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub(super) id: DailyFileId,
    pub(super) columns: Vec<String>,
    /// Rows, accepted and rejected; `None` for a file that is in the history already.
    pub(super) counts: Option<[i64; 3]>,
}

impl DailyFiles {
    /// The team's current file.
    pub(super) async fn current(&self, team: TeamId) -> Result<Option<StoredFile>, ApiError> {
        Ok(self.db.read(move |conn| queries::current(conn, team)).await?)
    }

    /// The customers of a file; none without one.
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

    /// Makes a file the current one, and returns how it differs from the one before. When another file has become current
    /// meanwhile, the file is compared with that one. `check` may refuse the differences. The `claim` of an uploaded file
    /// ends when the file becomes current, and must not be renewed from then on.
    ///
    /// # Errors
    /// What `check` answers; `not_found` when the file is gone; faults of the database.
    pub(super) async fn make_current(
        &self,
        team: TeamId,
        finished: Finished,
        mut known: Option<Compared>,
        claim: Option<&Claim>,
        check: impl Fn(&Changes) -> Result<(), ApiError>,
    ) -> Result<Changes, ApiError> {
        let id = finished.id;
        loop {
            let comparing = self.compare(team, id, &finished.columns);
            let compared = match (known.take(), claim) {
                (Some(compared), _) => compared,
                (None, Some(claim)) => claim.during(comparing).await?,
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

/// The one step; `false` when another file is current than the one that this was compared with.
fn activate(
    conn: &mut DbConnection,
    team: TeamId,
    finished: Finished,
    before: Option<DailyFileId>,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    conn.take_turns(&format!("daily files of team {team}"))?;
    let current = queries::current(conn, team)?.map(|current| current.file.id);
    if current != before {
        return Ok(false);
    }
    let Finished { id, columns, counts } = finished;
    let there = match counts {
        Some(counts) => queries::finish(conn, id, columns, counts)?,
        None => queries::find(conn, team, id)?.is_some(),
    };
    if !there {
        return Err(ApiError::not_found("daily file"));
    }
    queries::make_current(conn, current, id)?;
    queries::discard_old(conn, team, KEPT)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)?;
    Ok(true)
}
