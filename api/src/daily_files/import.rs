//! Brings in a file: claim, read, store, compare, make current, refresh the conversations. Whatever goes wrong before the
//! file is current, the one before stays so, and what was stored is given up.

use std::sync::{Arc, atomic::Ordering};

use shared::{
    ErrorCode,
    daily_file::{ImportedFile, MAX_REJECTED_SHOWN},
    ids::TeamId,
};
use tokio::sync::mpsc;

use super::{
    DailyFiles, Piece, Progress,
    claim::Claim,
    current::{Compared, Finished},
    mapping, queries,
    queries::StoredFile,
    reading::{self, Manner},
    storing,
};
use crate::{auth::TeamScope, error::ApiError, teams};

/// What is to be brought in.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where whoever asks may act.
    pub scope: TeamScope,
    /// For which team.
    pub team: TeamId,
    /// The name of who asks.
    pub by: String,
    /// Whether unusually few rows are meant.
    pub confirmed: bool,
}

impl DailyFiles {
    /// Brings in the file whose parts come through `pieces`. `wanted` is asked before the file becomes current: whether
    /// anybody still waits for it.
    ///
    /// # Errors
    /// `not_found` for the team, `request_in_progress`, `invalid_file`, `unusual_drop`, `request_timeout` when the parts
    /// break off. Then nothing has changed.
    pub async fn import(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let Order { scope, team, by, confirmed } = order;
        let _place = self.places.try_acquire().map_err(|_| no_place())?;
        let (time_zone, manner) = self
            .db
            .read(move |conn| {
                let team =
                    teams::queries::team(conn, &scope, team)?.ok_or_else(|| ApiError::not_found("team"))?;
                let mapping = mapping::queries::find(conn, team.id)?;
                Ok::<_, ApiError>((team.time_zone, Manner { region: team.region, mapping }))
            })
            .await?;
        let claim = Claim::take(&self.db, &self.clock, team, &time_zone, by).await?;
        let import = Import { files: self, claim: &claim, team, confirmed, progress };
        let outcome = import.run(pieces, manner, wanted).await;
        if outcome.is_err() {
            claim.give_up().await;
        }
        self.tidy.notify_one();
        outcome
    }
}

/// An import under way.
struct Import<'a> {
    files: &'a DailyFiles,
    claim: &'a Claim,
    team: TeamId,
    confirmed: bool,
    progress: Arc<Progress>,
}

impl Import<'_> {
    async fn run(
        &self,
        pieces: mpsc::Receiver<Piece>,
        manner: Manner,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let files = self.files;
        let reading = self.claim.during(self.read(pieces, manner)).await?;
        let before = files.current(self.team).await?;
        self.check_drop(before.as_ref(), reading.accepted)?;

        let (columns, rows, accepted) = (reading.columns.clone(), reading.rows, reading.accepted);
        self.progress.to_store.store(accepted, Ordering::Relaxed);
        let storing = storing::store(self.claim, reading, files.folder.clone(), &self.progress);
        let (stored, known) = tokio::try_join!(storing, files.fingerprints_of(before.as_ref()))?;
        let accepted = accepted - stored.duplicates;
        self.check_drop(before.as_ref(), accepted)?;
        let rejected_rows = stored.rejections.count();
        let mut rejected = stored.rejections.rows();
        storing::store_rejected(self.claim, &rejected).await?;

        let changes = Compared::between(stored.fingerprints, known, before.map(|before| before.file.id));
        let compared = self.claim.during(changes).await?;
        if !wanted() {
            return Err(nobody_waits());
        }
        let counts = [rows, accepted, rejected_rows];
        let finished = Finished { id: self.claim.id, columns: columns.clone(), counts: Some(counts) };
        let changes = files.make_current(self.team, finished, Some(compared), Some(self.claim)).await?;

        rejected.truncate(MAX_REJECTED_SHOWN);
        let id = self.claim.id;
        let date = files.db.read(move |conn| queries::date(conn, id)).await?;
        Ok(ImportedFile {
            id,
            file_date: date,
            rows,
            accepted,
            rejected,
            rejected_rows,
            added: changes.added,
            changed: changes.changed,
            dropped: changes.dropped,
            columns,
        })
    }

    async fn read(
        &self,
        pieces: mpsc::Receiver<Piece>,
        manner: Manner,
    ) -> Result<reading::Reading, ApiError> {
        let (folder, progress) = (self.files.folder.clone(), Arc::clone(&self.progress));
        let reading = tokio::task::spawn_blocking(move || reading::read(pieces, &manner, &folder, &progress));
        reading.await.map_err(|fault| ApiError::internal(&fault))?
    }

    /// Half a file is more often a mistake than half as many customers.
    fn check_drop(&self, before: Option<&StoredFile>, accepted: i64) -> Result<(), ApiError> {
        let known = before.map_or(0, |before| before.file.accepted);
        if self.confirmed || accepted * 2 >= known {
            return Ok(());
        }
        let detail = format!(
            "Less than half of the customers are left: {accepted}, where the current file has {known}. Nothing was changed. \
             If that is right, confirm that this file is to be used."
        );
        Err(ApiError::new(ErrorCode::UnusualDrop, detail))
    }
}

fn no_place() -> ApiError {
    let detail = "The server is taking in as many files as it can at once. Nothing was changed. Try again in a minute.";
    ApiError::new(ErrorCode::Busy, detail).retry_after(30)
}

fn nobody_waits() -> ApiError {
    let detail = "The connection was lost before the file was in. The file before is still the current one.";
    ApiError::new(ErrorCode::RequestTimeout, detail)
}
