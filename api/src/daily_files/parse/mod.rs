//! Parses a file while it is uploaded, on a blocking thread: text ([`text`]), rows with their line numbers
//! ([`records`]), the header ([`header`]) and the customer of each row ([`row`], [`value`]). Holds a row at a time, so
//! memory use does not depend on the size of the file.

mod fault;
mod header;
mod records;
mod rejections;
mod row;
mod text;
mod value;

use std::sync::atomic::Ordering;

use shared::daily_file::{ColumnMapping, RejectedRow};
use tokio::sync::mpsc;

use header::{Header, HeaderScanner};
use records::{MAX_ROW_BYTES, Next, Record, Records};
use row::Outcome;
use text::TextDecoder;

use super::{Piece, Progress, temp_file::TempFileError};
use crate::numbers::region::Region;

pub(super) use fault::{FaultKind, FileFault};
pub(super) use rejections::{MAX_STORED, Rejections};
pub(super) use row::Row;

/// The team's settings for parsing files.
#[derive(Clone, Debug)]
pub(super) struct ParseOptions {
    pub(super) region: String,
    pub(super) mapping: ColumnMapping,
}

/// A completely parsed file, without its accepted rows.
#[derive(Debug)]
pub(super) struct ParsedFile {
    /// The key data columns.
    pub(super) columns: Vec<String>,
    /// The name of the reference column.
    pub(super) reference: String,
    /// Number of rows.
    pub(super) rows: i64,
    /// Number of accepted rows.
    pub(super) accepted: i64,
    pub(super) rejections: Rejections,
}

/// Why a file cannot be parsed.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The file is unusable as a whole.
    #[error("{}", in_one_line(.0))]
    Faults(Vec<FileFault>),
    /// Every row was rejected.
    #[error("None of the {rows} rows can be used, so nothing was changed.")]
    NoValidRows {
        /// Number of rows.
        rows: i64,
        /// The first rejected rows.
        rejected: Vec<RejectedRow>,
    },
    /// The upload ended before the end of the file.
    #[error("The upload ended too early. The previous file is still in use. Upload the file again.")]
    UploadEnded,
    /// An accepted row could not be stored.
    #[error(transparent)]
    TempFile(#[from] TempFileError),
}

impl From<FileFault> for ParseError {
    fn from(fault: FileFault) -> Self {
        ParseError::Faults(vec![fault])
    }
}

/// One fault is described with its line. Several faults are those of the header's columns.
fn in_one_line(faults: &[FileFault]) -> String {
    match faults {
        [only] => only.to_string(),
        several => several.iter().map(|fault| fault.kind.to_string()).collect::<Vec<_>>().join(" "),
    }
}

/// Parses a whole file, and passes each accepted row to `accept`.
///
/// # Errors
/// When the file has no usable row, or the upload ends early; errors of `accept`.
pub(super) fn parse(
    mut pieces: mpsc::Receiver<Piece>,
    options: &ParseOptions,
    progress: &Progress,
    accept: impl FnMut(&Row) -> Result<(), TempFileError>,
) -> Result<ParsedFile, ParseError> {
    let (mut text, mut decoded, mut scanner) = (TextDecoder::default(), Vec::new(), HeaderScanner::default());
    let (header, mut is_last) = loop {
        let is_last = decode_next(&mut pieces, &mut text, &mut decoded)?;
        if is_last || scanner.is_complete(&decoded) {
            let beginning = std::str::from_utf8(&decoded).unwrap_or_default();
            let header = Header::read(beginning, &options.mapping).map_err(ParseError::Faults)?;
            break (header, is_last);
        }
        if decoded.len() > MAX_ROW_BYTES {
            return Err(FileFault::new(1, FaultKind::HeaderTooLong).into());
        }
    };
    let mut body = Body::new(header, &options.region, accept);
    loop {
        body.push(&decoded)?;
        decoded.clear();
        progress.read.store(body.rows.count, Ordering::Relaxed);
        if is_last {
            return body.finish();
        }
        is_last = decode_next(&mut pieces, &mut text, &mut decoded)?;
    }
}

/// Waits for a piece, and appends its text to `decoded`. Returns whether it is the last one.
fn decode_next(
    pieces: &mut mpsc::Receiver<Piece>,
    text: &mut TextDecoder,
    decoded: &mut Vec<u8>,
) -> Result<bool, ParseError> {
    match pieces.blocking_recv() {
        Some(Piece::Bytes(bytes)) => {
            text.push(&bytes, decoded)?;
            Ok(false)
        }
        Some(Piece::End) => {
            text.finish(decoded)?;
            Ok(true)
        }
        None => Err(ParseError::UploadEnded),
    }
}

/// The rows below the header.
struct Body<A> {
    records: Records,
    rows: Rows<A>,
}

impl<A: FnMut(&Row) -> Result<(), TempFileError>> Body<A> {
    fn new(header: Header, region: &str, accept: A) -> Self {
        Self {
            records: Records::separated_by(header.delimiter).strict_in(header.required(), header.line),
            rows: Rows {
                region: Region::of(region),
                count: 0,
                accepted: 0,
                rejections: Rejections::default(),
                accept,
                header,
            },
        }
    }

    fn push(&mut self, text: &[u8]) -> Result<(), ParseError> {
        let Self { records, rows } = self;
        records.push(text, &mut |record| rows.add(record))
    }

    fn finish(self) -> Result<ParsedFile, ParseError> {
        let Self { mut records, mut rows } = self;
        records.finish(&mut |record| rows.add(record))?;
        let Rows { header, count, accepted, rejections, .. } = rows;
        if count == 0 {
            return Err(FileFault::new(header.line, FaultKind::NoRows).into());
        }
        if accepted == 0 {
            return Err(ParseError::NoValidRows { rows: count, rejected: rejections.rows() });
        }
        let reference = header.reference_column().to_owned();
        Ok(ParsedFile { columns: header.key_data(), reference, rows: count, accepted, rejections })
    }
}

/// The parsed rows so far.
struct Rows<A> {
    header: Header,
    region: Region,
    count: i64,
    accepted: i64,
    rejections: Rejections,
    accept: A,
}

impl<A: FnMut(&Row) -> Result<(), TempFileError>> Rows<A> {
    fn add(&mut self, record: Record<'_>) -> Result<Next, ParseError> {
        if record.line <= self.header.line {
            return Ok(Next::Row);
        }
        let mut next = Next::Row;
        match row::read(record, &self.header, &self.region) {
            Outcome::Accepted(row) => {
                self.accepted += 1;
                (self.accept)(&row)?;
            }
            Outcome::Rejected(row) => self.rejections.push(row),
            Outcome::ContainsRow(row) => {
                self.rejections.push(row);
                next = Next::SecondLine;
            }
            Outcome::Blank => return Ok(next),
        }
        self.count += 1;
        Ok(next)
    }
}
