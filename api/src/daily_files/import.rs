//! Imports a file: claim, read, store, compare, make current, refresh the conversations. When a step fails before the file
//! is current, the file before stays current, and what was stored is discarded. A preview stops after the comparison.

use std::sync::{Arc, atomic::Ordering};

use shared::{
    ErrorCode,
    daily_file::{FileDifference, FilePreview, ImportedFile, MAX_REJECTED_SHOWN, RejectedRow, Turnover},
    ids::TeamId,
};
use tokio::sync::mpsc;

use super::{
    DailyFiles, Piece, Progress,
    changes::Changes,
    claim::Claim,
    current::{Compared, Finished},
    mapping, queries,
    queries::StoredFile,
    reading::{self, Manner},
    storing,
};
use crate::{auth::TeamScope, error::ApiError, teams};

/// Which team's file is uploaded, and by which account.
#[derive(Clone, Debug)]
pub struct Order {
    /// The caller's teams.
    pub scope: TeamScope,
    /// The team.
    pub team: TeamId,
    /// The caller's name.
    pub by: String,
    /// Whether the file may replace most customers.
    pub confirmed: bool,
}

impl DailyFiles {
    /// Imports the file whose parts come through `pieces`. `wanted` is asked before the file becomes current: whether the
    /// caller still waits for the answer.
    ///
    /// # Errors
    /// `not_found` for the team, `request_in_progress`, `invalid_file`, `unusual_drop`, `request_timeout` when the upload
    /// ends early. Then nothing has changed.
    pub async fn import(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let _place = self.places.try_acquire().map_err(|_| no_place())?;
        let (manner, claim) = self.prepare(&order).await?;
        let (team, confirmed) = (order.team, order.confirmed);
        let import = Import { files: self, claim: &claim, team, confirmed, progress, is_preview: false };
        let outcome = import.run(pieces, manner, wanted).await;
        if outcome.is_err() {
            claim.give_up().await;
        }
        self.tidy.notify_one();
        outcome
    }

    /// Compares the file whose parts come through `pieces` with the current one, and stores nothing.
    ///
    /// # Errors
    /// As [`DailyFiles::import`], without `unusual_drop`.
    pub async fn preview(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
    ) -> Result<FilePreview, ApiError> {
        let _place = self.places.try_acquire().map_err(|_| no_place())?;
        let (manner, claim) = self.prepare(&order).await?;
        let team = order.team;
        let import = Import { files: self, claim: &claim, team, confirmed: true, progress, is_preview: true };
        let compared = import.compare(pieces, manner).await;
        claim.give_up().await;
        self.tidy.notify_one();
        let Read { counts, rejected, columns, compared, is_fewer } = compared?;
        let needs_confirmation = is_fewer || compared.changes.turnover.is_unusual();
        let difference = difference(counts, rejected, columns, compared.changes);
        Ok(FilePreview { needs_confirmation, difference })
    }

    async fn prepare(&self, order: &Order) -> Result<(Manner, Claim), ApiError> {
        let (scope, team) = (order.scope.clone(), order.team);
        let (time_zone, manner) = self
            .db
            .read(move |conn| {
                let team =
                    teams::queries::team(conn, &scope, team)?.ok_or_else(|| ApiError::not_found("team"))?;
                let mapping = mapping::queries::find(conn, team.id)?;
                Ok::<_, ApiError>((team.time_zone, Manner { region: team.region, mapping }))
            })
            .await?;
        let claim = Claim::take(&self.db, &self.clock, team, &time_zone, order.by.clone()).await?;
        Ok((manner, claim))
    }
}

/// An import in progress.
struct Import<'a> {
    files: &'a DailyFiles,
    claim: &'a Claim,
    team: TeamId,
    confirmed: bool,
    progress: Arc<Progress>,
    is_preview: bool,
}

/// A file that was read, and stored unless it is a preview.
struct Read {
    /// Rows, accepted and rejected.
    counts: [i64; 3],
    rejected: Vec<RejectedRow>,
    columns: Vec<String>,
    compared: Compared,
    /// Whether it has less than half of the current file's rows.
    is_fewer: bool,
}

impl Import<'_> {
    async fn run(
        &self,
        pieces: mpsc::Receiver<Piece>,
        manner: Manner,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let Read { counts, rejected, columns, compared, is_fewer } = self.compare(pieces, manner).await?;
        let check = |changes: &Changes| self.check(is_fewer, changes.turnover);
        check(&compared.changes)?;
        storing::store_rejected(self.claim, &rejected).await?;
        if !wanted() {
            return Err(connection_lost());
        }
        let (id, files) = (self.claim.id, self.files);
        let finished = Finished { id, columns: columns.clone(), counts: Some(counts) };
        let changes =
            files.make_current(self.team, finished, Some(compared), Some(self.claim), check).await?;
        let file_date = files.db.read(move |conn| queries::date(conn, id)).await?;
        Ok(ImportedFile { id, file_date, difference: difference(counts, rejected, columns, changes) })
    }

    async fn compare(&self, pieces: mpsc::Receiver<Piece>, manner: Manner) -> Result<Read, ApiError> {
        let files = self.files;
        let reading = self.claim.during(self.read(pieces, manner)).await?;
        let before = files.current(self.team).await?;
        let (columns, rows, accepted) = (reading.columns.clone(), reading.rows, reading.accepted);
        let is_fewer = is_fewer(before.as_ref(), accepted);
        // A file that is going to be refused is compared, for the counts, but not stored.
        let is_stored = !self.is_preview && (self.confirmed || !is_fewer);
        self.progress.to_store.store(accepted, Ordering::Relaxed);
        let storing = storing::store(self.claim, reading, files.folder.clone(), &self.progress, is_stored);
        let known = files.fingerprints_of(before.as_ref());
        let both = async { tokio::try_join!(storing, known) };
        let (stored, known) = self.claim.during(both).await?;
        let accepted = accepted - stored.duplicates;
        let comparing =
            Compared::between(stored.fingerprints, known, before.as_ref().map(|file| file.file.id));
        let compared = self.claim.during(comparing).await?;
        let counts = [rows, accepted, stored.rejections.count()];
        let is_fewer = self::is_fewer(before.as_ref(), accepted);
        Ok(Read { counts, rejected: stored.rejections.rows(), columns, compared, is_fewer })
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

    /// Refuses a file that replaces most customers, or has less than half of the rows, unless that is confirmed.
    fn check(&self, is_fewer: bool, turnover: Turnover) -> Result<(), ApiError> {
        if self.confirmed || !(is_fewer || turnover.is_unusual()) {
            return Ok(());
        }
        let Turnover { added, changed, dropped, .. } = turnover;
        let detail = format!(
            "This file replaces most customers: of the {} in the current file it drops {dropped} and changes {changed}, and \
             {added} of its {} customers are new. Nothing was changed. If this is right, send the file again with \
             confirm=true.",
            turnover.customers_before(),
            turnover.customers_after(),
        );
        Err(ApiError::new(ErrorCode::UnusualDrop, detail).turnover(turnover))
    }
}

/// Whether a file has less than half of the current file's rows.
fn is_fewer(before: Option<&StoredFile>, accepted: i64) -> bool {
    before.is_some_and(|before| accepted * 2 < before.file.accepted)
}

/// The answer about a file.
pub(super) fn difference(
    [rows, accepted, rejected_rows]: [i64; 3],
    mut rejected: Vec<RejectedRow>,
    columns: Vec<String>,
    changes: Changes,
) -> FileDifference {
    rejected.truncate(MAX_REJECTED_SHOWN);
    let Changes { turnover, examples, duplicates, duplicate_refs } = changes;
    let Turnover { added, changed, dropped, unchanged } = turnover;
    FileDifference {
        rows,
        accepted,
        rejected,
        rejected_rows,
        added,
        changed,
        dropped,
        unchanged,
        duplicates,
        duplicate_refs,
        examples,
        columns,
    }
}

fn no_place() -> ApiError {
    let detail =
        "The server is reading as many files as it can at once. Nothing was changed. Try again in a minute.";
    ApiError::new(ErrorCode::Busy, detail).retry_after(30)
}

fn connection_lost() -> ApiError {
    let detail = "The connection was lost during the upload. The file before is still the current one.";
    ApiError::new(ErrorCode::RequestTimeout, detail)
}
