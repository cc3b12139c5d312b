//! Stores the accepted rows of a parsed file as a staged file, which no query reads yet: sorts them by number
//! ([`rows`], [`external_sort`]), rejects duplicates, and computes the fingerprints for the comparison with the current
//! file ([`fingerprint`]). Works in slices, so that other writes do not wait.

mod external_sort;
mod fingerprint;
mod queries;
mod rows;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use shared::daily_file::RejectedRow;
use tokio::{sync::mpsc, task::JoinError};

use rows::{RowSorter, SizedRow};

use super::{
    Progress, RowCounts,
    claim::{Claim, ClaimError},
    parse::{ParsedFile, Rejections, Row},
    temp_file::TempFileError,
};

pub(super) use external_sort::{Key, Sorted};
pub(super) use fingerprint::{DecodedRow, Fingerprints, decode};

/// Maximum rows and bytes stored per transaction: a few milliseconds of work.
const SLICE: usize = 1000;
const SLICE_BYTES: usize = 512 * 1024;
/// Rejected rows stored per transaction.
const REJECTED_SLICE: usize = 250;

/// Why a file could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The claim on the team was lost.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A temporary file failed.
    #[error(transparent)]
    TempFile(#[from] TempFileError),
    /// The sort was aborted.
    #[error("the sort of the rows was aborted: {0}")]
    Aborted(#[from] JoinError),
}

/// A file whose rows are all read. They are stored, unless it is only compared.
#[derive(Debug)]
pub(super) struct StagedFile {
    pub(super) columns: Vec<String>,
    pub(super) counts: RowCounts,
    /// The first rejected rows, in file order.
    pub(super) rejected: Vec<RejectedRow>,
    pub(super) fingerprints: Fingerprints,
}

/// Collects the accepted rows of a file while it is parsed, and stores them when it is complete.
#[derive(Debug)]
pub(super) struct Stage {
    rows: RowSorter,
    folder: PathBuf,
}

impl Stage {
    /// Creates a stage with temporary files in `folder`.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { rows: RowSorter::in_folder(folder), folder: folder.to_owned() }
    }

    /// Adds an accepted row.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), TempFileError> {
        Ok(self.rows.push(row)?)
    }

    /// Fingerprints every customer of the file. Stores them and the rejected rows if `is_stored` is true.
    ///
    /// # Errors
    /// Database and disk errors; when the claim on the team was lost.
    pub(super) async fn store(
        self,
        parsed: ParsedFile,
        claim: &Claim,
        progress: &Arc<Progress>,
        is_stored: bool,
    ) -> Result<StagedFile, StageError> {
        let (slices, mut ready) = mpsc::channel::<Vec<Row>>(2);
        let merging = tokio::task::spawn_blocking(move || self.merge(parsed, &slices));
        while let Some(slice) = ready.recv().await {
            let count = i64::try_from(slice.len()).unwrap_or_default();
            if is_stored {
                claim.write(move |conn, id| queries::insert(conn, id, &slice)).await?;
            }
            progress.stored.fetch_add(count, Ordering::Relaxed);
        }
        let staged = merging.await?.map_err(TempFileError::from)?;
        if is_stored {
            store_rejected(claim, &staged.rejected).await?;
        }
        Ok(staged)
    }

    /// Sends the sorted rows slice by slice. Rows that repeat a reference and number are rejected.
    fn merge(self, parsed: ParsedFile, slices: &mpsc::Sender<Vec<Row>>) -> io::Result<StagedFile> {
        let ParsedFile { columns, reference, rows, accepted, mut rejections } = parsed;
        let mut fingerprints = Fingerprints::of(&columns, &self.folder);
        let (mut slice, mut size) = (Vec::with_capacity(SLICE), 0);
        let mut duplicates = 0;
        let mut last: Option<Row> = None;
        let mut sorted = self.rows.finish()?;
        while let Some(SizedRow { row, bytes }) = sorted.next()? {
            if let Some(before) = &last
                && before.number == row.number
                && before.reference == row.reference
            {
                fingerprints.push(&row, false)?;
                reject_duplicate(row, before.line, &reference, &mut rejections);
                duplicates += 1;
                continue;
            }
            fingerprints.push(&row, true)?;
            size += bytes;
            slice.extend(last.replace(row));
            if slice.len() >= SLICE || size >= SLICE_BYTES {
                size = 0;
                let full = std::mem::replace(&mut slice, Vec::with_capacity(SLICE));
                if slices.blocking_send(full).is_err() {
                    // The receiver has failed, and reports why.
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
            }
        }
        slice.extend(last);
        let _ = slices.blocking_send(slice);
        let accepted = accepted - duplicates;
        let counts = RowCounts { rows, accepted, rejected: rejections.count() };
        Ok(StagedFile { columns, counts, rejected: rejections.rows(), fingerprints })
    }
}

fn reject_duplicate(row: Row, line_before: i64, column: &str, rejections: &mut Rejections) {
    rejections.push(RejectedRow {
        line: row.line,
        column: Some(column.to_owned()),
        value: row.reference,
        reason: format!("Line {line_before} already has this ref and number."),
    });
}

async fn store_rejected(claim: &Claim, rows: &[RejectedRow]) -> Result<(), ClaimError> {
    for slice in rows.chunks(REJECTED_SLICE) {
        let slice = slice.to_vec();
        claim.write(move |conn, id| queries::insert_rejected(conn, id, &slice)).await?;
    }
    Ok(())
}
