//! Imports a file: claim, parse, stage, compare, activate. When a step fails before the file is current, the previous
//! file stays current and the stored rows are discarded. A preview stops after the comparison.

use std::sync::{Arc, atomic::Ordering};

use shared::{
    audit_entry::{AuditAction, AuditActor},
    daily_file::{FilePreview, ImportedFile, RejectedRow, Turnover},
    ids::TeamId,
};
use tokio::{sync::mpsc, task::JoinError};

use super::{
    DailyFiles, Piece, Progress, RowCounts,
    activate::{ActivateError, Changes, CompareError, Compared, CompleteFile, UnusualDrop},
    claim::{Claim, ClaimError},
    mapping,
    parse::{ParseError, ParseOptions, ParsedFile, parse},
    queries::{self, StoredFile},
    stage::{Stage, StageError, StagedFile},
};
use crate::{
    auth::{NotFound, Resource, TeamScope, audit_log::AuditEvent},
    db::DbError,
    teams,
};

/// Why a file could not be previewed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The server is busy with other files.
    #[error(
        "The server is reading as many files as it can at once. Nothing was changed. Try again in a minute."
    )]
    TooManyImports,
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Another import holds the claim on the team, or this one lost it.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The file cannot be parsed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The parser was aborted.
    #[error("the parser of a daily file was aborted: {0}")]
    Aborted(#[from] JoinError),
    /// The rows could not be stored.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The file could not be compared with the current one.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a file could not be imported. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be compared with the current one.
    #[error(transparent)]
    Preview(#[from] PreviewError),
    /// The caller no longer waits for the answer.
    #[error(
        "The connection was lost during the upload. The previous file is still in use. Upload the file again."
    )]
    ConnectionLost,
    /// The file could not become current.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// The database failed after the file became current.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl ImportError {
    /// Returns the first rejected rows if every row of the file was rejected.
    #[must_use]
    pub fn rejected_rows(&self) -> &[RejectedRow] {
        match self {
            ImportError::Preview(PreviewError::Parse(ParseError::NoValidRows { rejected, .. })) => rejected,
            _ => &[],
        }
    }

    /// Whether the import succeeds when it is confirmed.
    #[must_use]
    pub fn needs_confirmation(&self) -> bool {
        matches!(self, ImportError::Activate(ActivateError::UnusualDrop(_)))
    }
}

/// A request to import or preview a file.
#[derive(Clone, Debug)]
pub struct Order {
    /// The caller's teams.
    pub scope: TeamScope,
    /// The team.
    pub team: TeamId,
    /// The caller.
    pub by: AuditActor,
    /// Whether the file may replace most customers.
    pub confirmed: bool,
}

impl DailyFiles {
    /// Imports the file whose parts come through `pieces`. Before the file becomes current, `wanted` returns whether
    /// the caller still waits for the answer.
    ///
    /// # Errors
    /// When a step fails. Nothing has changed.
    pub async fn import(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
        wanted: impl Fn() -> bool,
    ) -> Result<ImportedFile, ImportError> {
        let _permit = self.import_permits.try_acquire().map_err(|_| PreviewError::TooManyImports)?;
        let (options, claim) = self.prepare(&order).await?;
        let (team, confirmed) = (order.team, order.confirmed);
        let by = order.by;
        let import = Import { files: self, claim: &claim, team, by, confirmed, progress, is_preview: false };
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
    /// When a step fails.
    pub async fn preview(
        &self,
        order: Order,
        pieces: mpsc::Receiver<Piece>,
        progress: Arc<Progress>,
    ) -> Result<FilePreview, PreviewError> {
        let _permit = self.import_permits.try_acquire().map_err(|_| PreviewError::TooManyImports)?;
        let (options, claim) = self.prepare(&order).await?;
        let Order { team, by, .. } = order;
        let import =
            Import { files: self, claim: &claim, team, by, confirmed: true, progress, is_preview: true };
        let compared = import.compare(pieces, options).await;
        claim.discard().await;
        self.cleanup_requested.notify_one();
        let ComparedFile { counts, rejected, columns, compared, has_few_rows } = compared?;
        let needs_confirmation = has_few_rows || compared.changes.turnover.is_unusual();
        let difference = compared.changes.into_difference(counts, rejected, columns);
        Ok(FilePreview { needs_confirmation, difference })
    }

    async fn prepare(&self, order: &Order) -> Result<(ParseOptions, Claim), PreviewError> {
        let (scope, team) = (order.scope.clone(), order.team);
        let reading = self.db.read(move |conn| {
            let team = teams::queries::team(conn, &scope, team)?.ok_or(NotFound::new(Resource::Team))?;
            let mapping = mapping::queries::find(conn, team.id)?;
            Ok::<_, PreviewError>((team.time_zone, ParseOptions { region: team.region, mapping }))
        });
        let (time_zone, options) = reading.await?;
        let claim = Claim::acquire(&self.db, &self.clock, team, &time_zone, order.by.name.clone()).await?;
        Ok((options, claim))
    }
}

/// An import in progress.
struct Import<'a> {
    files: &'a DailyFiles,
    claim: &'a Claim,
    team: TeamId,
    by: AuditActor,
    confirmed: bool,
    progress: Arc<Progress>,
    is_preview: bool,
}

/// A parsed file with its differences from the current file. It is stored, except for a preview.
struct ComparedFile {
    counts: RowCounts,
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
    ) -> Result<ImportedFile, ImportError> {
        let ComparedFile { counts, rejected, columns, compared, has_few_rows } =
            self.compare(pieces, options).await?;
        let check = |changes: &Changes| self.check(has_few_rows, changes.turnover);
        check(&compared.changes).map_err(ActivateError::from)?;
        if !wanted() {
            return Err(ImportError::ConnectionLost);
        }
        let (id, files) = (self.claim.id, self.files);
        let event = AuditEvent::new(AuditAction::DailyFileImported, self.by.clone())
            .detail("accepted_rows", counts.accepted)
            .detail("rejected_rows", counts.rejected);
        let complete = CompleteFile { id, columns: columns.clone(), counts: Some(counts), event };
        let changes =
            files.make_current(self.team, complete, Some(compared), Some(self.claim), check).await?;
        let file_date = files.db.read(move |conn| queries::date(conn, id)).await?;
        let difference = changes.into_difference(counts, rejected, columns);
        Ok(ImportedFile { id, file_date, difference })
    }

    async fn compare(
        &self,
        pieces: mpsc::Receiver<Piece>,
        options: ParseOptions,
    ) -> Result<ComparedFile, PreviewError> {
        let files = self.files;
        let (parsed, stage) = self.claim.hold_during(self.parse(pieces, options)).await?;
        let before = files.current(self.team).await?;
        let has_few_rows = has_few_rows(before.as_ref(), parsed.accepted);
        // A file that will be refused is still compared, because the refusal states the counts.
        let is_stored = !self.is_preview && (self.confirmed || !has_few_rows);
        self.progress.to_store.store(parsed.accepted, Ordering::Relaxed);
        let comparing = async {
            let staging = async {
                Ok::<_, PreviewError>(stage.store(parsed, self.claim, &self.progress, is_stored).await?)
            };
            let known = async { Ok(files.fingerprints_of(before.as_ref()).await?) };
            let (staged, known) = tokio::try_join!(staging, known)?;
            let current = before.as_ref().map(|before| before.file.id);
            let StagedFile { columns, counts, rejected, fingerprints } = staged;
            let compared = Compared::between(fingerprints, known, current).await?;
            let has_few_rows = self::has_few_rows(before.as_ref(), counts.accepted);
            Ok(ComparedFile { counts, rejected, columns, compared, has_few_rows })
        };
        self.claim.hold_during(comparing).await
    }

    /// Parses the file, and collects its accepted rows for the next step.
    async fn parse(
        &self,
        pieces: mpsc::Receiver<Piece>,
        options: ParseOptions,
    ) -> Result<(ParsedFile, Stage), PreviewError> {
        let (mut stage, progress) = (Stage::in_folder(&self.files.folder), Arc::clone(&self.progress));
        let parsing = tokio::task::spawn_blocking(move || {
            let parsed = parse(pieces, &options, &progress, |row| stage.add(row))?;
            Ok((parsed, stage))
        });
        parsing.await?
    }

    /// Refuses an unconfirmed file that replaces most customers, or has less than half of the current file's rows.
    fn check(&self, has_few_rows: bool, turnover: Turnover) -> Result<(), UnusualDrop> {
        if self.confirmed || !(has_few_rows || turnover.is_unusual()) {
            return Ok(());
        }
        Err(UnusualDrop { turnover })
    }
}

/// Whether a file has less than half of the current file's rows.
fn has_few_rows(before: Option<&StoredFile>, accepted: i64) -> bool {
    before.is_some_and(|before| accepted * 2 < before.file.accepted)
}
