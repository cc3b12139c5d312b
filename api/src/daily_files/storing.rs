//! Stores the customers of a parsed file as a staged file, which no query reads yet, and computes the fingerprints for
//! the comparison with the current file. Works in slices, so that other writes do not wait.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use shared::{daily_file::RejectedRow, ids::DailyFileId};
use tokio::sync::mpsc;

use super::{
    Progress,
    changes::Fingerprints,
    claim::Claim,
    fault::temp_file_failed,
    parse::{ParsedFile, decode},
    queries,
    rejections::Rejections,
    row::Row,
    rows::queries as rows,
};
use crate::{db::Db, error::ApiError};

/// Maximum rows and bytes stored per transaction: a few milliseconds of work.
const SLICE: usize = 1000;
const SLICE_BYTES: usize = 512 * 1024;
/// Rows of a stored file that are read per query.
const PAGE: i64 = 2000;

/// The result of storing a file.
pub(super) struct Stored {
    pub(super) fingerprints: Fingerprints,
    pub(super) rejections: Rejections,
    pub(super) duplicates: i64,
}

/// Fingerprints every customer of the file, and stores them if `is_stored` is true.
///
/// # Errors
/// Database and disk errors; when the claim on the team was lost.
pub(super) async fn store(
    claim: &Claim,
    parsed: ParsedFile,
    folder: PathBuf,
    progress: &Arc<Progress>,
    is_stored: bool,
) -> Result<Stored, ApiError> {
    let (slices, mut ready) = mpsc::channel::<Vec<Row>>(2);
    let merging = tokio::task::spawn_blocking(move || merge(parsed, &folder, &slices));
    while let Some(slice) = ready.recv().await {
        let count = i64::try_from(slice.len()).unwrap_or_default();
        if is_stored {
            claim.write(move |conn, id| Ok(rows::insert(conn, id, &slice)?)).await?;
        }
        progress.stored.fetch_add(count, Ordering::Relaxed);
    }
    match merging.await {
        Ok(merged) => merged.map_err(|error| temp_file_failed(&error)),
        Err(fault) => Err(ApiError::internal(&fault)),
    }
}

/// Sends the sorted rows slice by slice. Rows that repeat a reference and number are rejected.
fn merge(parsed: ParsedFile, folder: &Path, slices: &mpsc::Sender<Vec<Row>>) -> io::Result<Stored> {
    let ParsedFile { columns, reference: column, mut rejections, mut sorted, .. } = parsed;
    let mut fingerprints = Fingerprints::of(&columns, folder);
    let (mut bytes, mut slice, mut size) = (Vec::new(), Vec::with_capacity(SLICE), 0);
    let mut duplicates = 0;
    // The previous row, with the hash of its reference.
    let mut last: Option<(Row, u64)> = None;
    while let Some((_, hash)) = sorted.next(&mut bytes)? {
        let row = decode(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        if let Some((before, same)) = &last
            && *same == hash
            && before.number == row.number
            && before.reference == row.reference
        {
            let reason = format!("Line {} already has this ref and number.", before.line);
            fingerprints.push(&row, false)?;
            let (line, value) = (row.line, row.reference);
            rejections.push(RejectedRow { line, column: Some(column.clone()), value, reason });
            duplicates += 1;
            continue;
        }
        fingerprints.push(&row, true)?;
        size += bytes.len();
        if let Some((before, _)) = last.replace((row, hash)) {
            slice.push(before);
        }
        if slice.len() >= SLICE || size >= SLICE_BYTES {
            size = 0;
            let full = std::mem::replace(&mut slice, Vec::with_capacity(SLICE));
            if slices.blocking_send(full).is_err() {
                // The receiver has failed, and reports why.
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
    }
    slice.extend(last.map(|(row, _)| row));
    let _ = slices.blocking_send(slice);
    Ok(Stored { fingerprints, rejections, duplicates })
}

/// Returns the fingerprints of a stored file.
///
/// # Errors
/// Database and disk errors.
pub(super) async fn fingerprints(
    db: &Db,
    id: DailyFileId,
    columns: &[String],
    folder: &Path,
) -> Result<Fingerprints, ApiError> {
    let mut found = Fingerprints::of(columns, folder);
    let mut after = None;
    loop {
        let looked = db.read(move |conn| {
            let page = rows::page(conn, id, after.as_ref(), PAGE)?;
            for row in &page {
                found.push(row, true).map_err(|error| temp_file_failed(&error))?;
            }
            let last = page.into_iter().next_back().map(|row| (row.number, row.line));
            Ok::<_, ApiError>((found, last))
        });
        (found, after) = looked.await?;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Stores the rejected rows of a file.
///
/// # Errors
/// Database errors; when the claim on the team was lost.
pub(super) async fn store_rejected(claim: &Claim, rows: &[RejectedRow]) -> Result<(), ApiError> {
    for slice in rows.chunks(SLICE / 4) {
        let slice = slice.to_vec();
        claim.write(move |conn, id| Ok(queries::insert_rejected(conn, id, &slice)?)).await?;
    }
    Ok(())
}
