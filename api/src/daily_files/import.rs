//! Imports a file: claim, parse, store, compare, activate, refresh the conversations. When a step fails before the file
//! is current, the previous file stays current and the stored rows are discarded. A preview stops after the comparison.

use std::sync::{Arc, atomic::Ordering};

use shared::{
    ErrorCode,
    daily_file::{FileDifference, FilePreview, ImportedFile, MAX_REJECTED_SHOWN, RejectedRow, Turnover},
    ids::TeamId,
};
use tokio::sync::mpsc;

use super::{
    DailyFiles, Piece, Progress,
    activate::{Compared, CompleteFile},
    changes::Changes,
    claim::Claim,
    mapping,
    parse::{self, ParseOptions},
    queries,
    queries::StoredFile,
    storing,
};
use crate::{auth::TeamScope, error::ApiError, teams};

/// A request to import or preview a file.
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
    /// Imports the file whose parts come through `pieces`. Before the file becomes current, `wanted` returns whether
    /// the caller still waits for the answer.
    ///
    /// # Errors
    /// `not_found` for the team, `request_in_progress`, `invalid_file`, `unusual_drop`, `request_timeout` when the
    /// upload ends early. After an error, nothing has changed.
    pub async fn import(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let _permit = self.import_permits.try_acquire().map_err(|_| too_many_imports())?;
        let (options, claim) = self.prepare(&order).await?;
        let (team, confirmed) = (order.team, order.confirmed);
        let import = Import { files: self, claim: &claim, team, confirmed, progress, is_preview: false };
        let outcome = import.run(pieces, options, wanted).await;
        if outcome.is_err() {
            claim.discard().await;
        }
        self.cleanup_requested.notify_one();
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
        let _permit = self.import_permits.try_acquire().map_err(|_| too_many_imports())?;
        let (options, claim) = self.prepare(&order).await?;
        let team = order.team;
        let import = Import { files: self, claim: &claim, team, confirmed: true, progress, is_preview: true };
        let compared = import.compare(pieces, options).await;
        claim.discard().await;
        self.cleanup_requested.notify_one();
        let ComparedFile { counts, rejected, columns, compared, has_few_rows } = compared?;
        let needs_confirmation = has_few_rows || compared.changes.turnover.is_unusual();
        let difference = difference(counts, rejected, columns, compared.changes);
        Ok(FilePreview { needs_confirmation, difference })
    }

    async fn prepare(&self, order: &Order) -> Result<(ParseOptions, Claim), ApiError> {
        let (scope, team) = (order.scope.clone(), order.team);
        let (time_zone, options) = self
            .db
            .read(move |conn| {
                let team =
                    teams::queries::team(conn, &scope, team)?.ok_or_else(|| ApiError::not_found("team"))?;
                let mapping = mapping::queries::find(conn, team.id)?;
                Ok::<_, ApiError>((team.time_zone, ParseOptions { region: team.region, mapping }))
            })
            .await?;
        let claim = Claim::acquire(&self.db, &self.clock, team, &time_zone, order.by.clone()).await?;
        Ok((options, claim))
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

/// A parsed file with its differences from the current file. It is stored, except for a preview.
struct ComparedFile {
    /// The numbers of rows, accepted rows and rejected rows.
    counts: [i64; 3],
    rejected: Vec<RejectedRow>,
    columns: Vec<String>,
    compared: Compared,
    /// Whether it has less than half of the current file's rows.
    has_few_rows: bool,
}

impl Import<'_> {
    async fn run(
        &self,
        pieces: mpsc::Receiver<Piece>,
        options: ParseOptions,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ApiError> {
        let ComparedFile { counts, rejected, columns, compared, has_few_rows } =
            self.compare(pieces, options).await?;
        let check = |changes: &Changes| self.check(has_few_rows, changes.turnover);
        check(&compared.changes)?;
        storing::store_rejected(self.claim, &rejected).await?;
        if !wanted() {
            return Err(connection_lost());
        }
        let (id, files) = (self.claim.id, self.files);
        let finished = CompleteFile { id, columns: columns.clone(), counts: Some(counts) };
        let changes =
            files.make_current(self.team, finished, Some(compared), Some(self.claim), check).await?;
        let file_date = files.db.read(move |conn| queries::date(conn, id)).await?;
        Ok(ImportedFile { id, file_date, difference: difference(counts, rejected, columns, changes) })
    }

    async fn compare(
        &self,
        pieces: mpsc::Receiver<Piece>,
        options: ParseOptions,
    ) -> Result<ComparedFile, ApiError> {
        let files = self.files;
        let parsed = self.claim.hold_during(self.read(pieces, options)).await?;
        let before = files.current(self.team).await?;
        let (columns, rows, accepted) = (parsed.columns.clone(), parsed.rows, parsed.accepted);
        let has_few_rows = has_few_rows(before.as_ref(), accepted);
        // A file that will be refused is still compared, because the refusal states the counts.
        let is_stored = !self.is_preview && (self.confirmed || !has_few_rows);
        self.progress.to_store.store(accepted, Ordering::Relaxed);
        let storing = storing::store(self.claim, parsed, files.folder.clone(), &self.progress, is_stored);
        let known = files.fingerprints_of(before.as_ref());
        let both = async { tokio::try_join!(storing, known) };
        let (stored, known) = self.claim.hold_during(both).await?;
        let accepted = accepted - stored.duplicates;
        let comparing =
            Compared::between(stored.fingerprints, known, before.as_ref().map(|file| file.file.id));
        let compared = self.claim.hold_during(comparing).await?;
        let counts = [rows, accepted, stored.rejections.count()];
        let has_few_rows = self::has_few_rows(before.as_ref(), accepted);
        Ok(ComparedFile { counts, rejected: stored.rejections.rows(), columns, compared, has_few_rows })
    }

    async fn read(
        &self,
        pieces: mpsc::Receiver<Piece>,
        options: ParseOptions,
    ) -> Result<parse::ParsedFile, ApiError> {
        let (folder, progress) = (self.files.folder.clone(), Arc::clone(&self.progress));
        let parsed = tokio::task::spawn_blocking(move || parse::read(pieces, &options, &folder, &progress));
        parsed.await.map_err(|fault| ApiError::internal(&fault))?
    }

    /// Refuses an unconfirmed file that replaces most customers, or has less than half of the current file's rows.
    fn check(&self, has_few_rows: bool, turnover: Turnover) -> Result<(), ApiError> {
        if self.confirmed || !(has_few_rows || turnover.is_unusual()) {
            return Ok(());
        }
        let Turnover { added, changed, dropped, .. } = turnover;
        let detail = format!(
            "This file replaces most customers: of the {} in the current file it drops {dropped} and changes \
             {changed}, and {added} of its {} customers are new. Nothing was changed. If this is right, send the \
             file again with confirm=true.",
            turnover.customers_before(),
            turnover.customers_after(),
        );
        Err(ApiError::new(ErrorCode::UnusualDrop, detail).turnover(turnover))
    }
}

/// Whether a file has less than half of the current file's rows.
fn has_few_rows(before: Option<&StoredFile>, accepted: i64) -> bool {
    before.is_some_and(|before| accepted * 2 < before.file.accepted)
}

/// Builds the description of a file and its differences for the response.
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

fn too_many_imports() -> ApiError {
    let detail =
        "The server is reading as many files as it can at once. Nothing was changed. Try again in a minute.";
    ApiError::new(ErrorCode::Busy, detail).retry_after(30)
}

fn connection_lost() -> ApiError {
    let detail = "The connection was lost during the upload. The previous file is still in use. Upload the file again.";
    ApiError::new(ErrorCode::RequestTimeout, detail)
}
