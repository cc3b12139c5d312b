//! Stores the customers of a file that has been read, while nobody sees them yet, and compares them with the file before.
//! Both in slices, beside each other. It must never make anything current.

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
    fault::not_kept,
    queries,
    reading::{Reading, written},
    rejections::Rejections,
    row::Row,
    rows::queries as rows,
};
use crate::{db::Db, error::ApiError};

/// How many rows are stored in one transaction, and how many bytes: some milliseconds of work.
const SLICE: usize = 1000;
const SLICE_BYTES: usize = 512 * 1024;
/// How many rows of a file in the database are read at once.
const PAGE: i64 = 2000;

/// What has been stored.
pub(super) struct Stored {
    pub(super) fingerprints: Fingerprints,
    pub(super) rejections: Rejections,
    pub(super) duplicates: i64,
}

/// Goes through every customer of the file, and stores them if `is_stored`.
///
/// # Errors
/// Faults of the database and of the disk; when the claim on the team was lost.
pub(super) async fn store(
    claim: &Claim,
    reading: Reading,
    folder: PathBuf,
    progress: &Arc<Progress>,
    is_stored: bool,
) -> Result<Stored, ApiError> {
    let (slices, mut ready) = mpsc::channel::<Vec<Row>>(2);
    let merging = tokio::task::spawn_blocking(move || merge(reading, &folder, &slices));
    while let Some(slice) = ready.recv().await {
        let count = i64::try_from(slice.len()).unwrap_or_default();
        if is_stored {
            claim.write(move |conn, id| Ok(rows::insert(conn, id, &slice)?)).await?;
        }
        progress.stored.fetch_add(count, Ordering::Relaxed);
    }
    match merging.await {
        Ok(merged) => merged.map_err(|error| not_kept(&error)),
        Err(fault) => Err(ApiError::internal(&fault)),
    }
}

/// Brings the rows into their order, slice by slice, and leaves out customers who stand in the file already.
fn merge(reading: Reading, folder: &Path, slices: &mpsc::Sender<Vec<Row>>) -> io::Result<Stored> {
    let Reading { columns, reference: column, mut rejections, mut sorted, .. } = reading;
    let mut fingerprints = Fingerprints::of(&columns, folder);
    let (mut bytes, mut slice, mut size) = (Vec::new(), Vec::with_capacity(SLICE), 0);
    let mut duplicates = 0;
    // The customers with the same number and the same hash of the reference: nearly always one.
    let mut last: Option<(Row, u64)> = None;
    while let Some((_, hash)) = sorted.next(&mut bytes)? {
        let row = written(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        if let Some((before, same)) = &last
            && *same == hash
            && before.number == row.number
            && before.reference == row.reference
        {
            let reason = format!("Line {} has the same ref and number already.", before.line);
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

/// The fingerprints of a file in the database.
///
/// # Errors
/// Faults of the database and of the disk.
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
                found.push(row, true).map_err(|error| not_kept(&error))?;
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

/// Keeps the rejected rows of a file.
///
/// # Errors
/// Faults of the database; when the claim on the team was lost.
pub(super) async fn store_rejected(claim: &Claim, rows: &[RejectedRow]) -> Result<(), ApiError> {
    for slice in rows.chunks(SLICE / 4) {
        let slice = slice.to_vec();
        claim.write(move |conn, id| Ok(queries::insert_rejected(conn, id, &slice)?)).await?;
    }
    Ok(())
}
