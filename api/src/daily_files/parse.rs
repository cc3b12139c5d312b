//! Parses a file while it is uploaded, on a blocking thread: text, records, customers sorted by number. Rows go to a
//! sorter that spills to an unnamed temporary file, so memory use is bounded and a failed import leaves nothing behind.

use std::{io, path::Path, sync::atomic::Ordering};

use shared::{ErrorCode, FieldError, PhoneNumber, daily_file::ColumnMapping};
use tokio::sync::mpsc;

use super::{
    Progress,
    changes::hash,
    external_sort::{Sorted, Sorter},
    fault::{FileFault, refused, temp_file_failed},
    header::{Header, HeaderScanner, RequiredColumn},
    records::{MAX_ROW_BYTES, Next, Record, Records},
    rejections::Rejections,
    row::{self, Outcome, Row},
    text::TextDecoder,
};
use crate::{error::ApiError, numbers::region::Region};

/// Maximum bytes of rows that the sorter holds in memory. A larger buffer is not faster, and the allocator keeps large
/// freed buffers per thread.
const MEMORY_LIMIT: usize = 8 * 1024 * 1024;
/// Maximum number of rejected rows that an error lists when no row is valid.
const MAX_ERRORS_SHOWN: usize = 20;

/// A part of an upload.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// The end of the file. An upload that ends without it is incomplete.
    End,
}

/// The team's settings for parsing files.
#[derive(Clone, Debug)]
pub(super) struct ParseOptions {
    pub(super) region: String,
    pub(super) mapping: ColumnMapping,
}

/// A completely parsed file.
#[derive(Debug)]
pub(super) struct ParsedFile {
    /// The key data columns.
    pub(super) columns: Vec<String>,
    /// The name of the reference column.
    pub(super) reference: String,
    pub(super) rows: i64,
    pub(super) accepted: i64,
    pub(super) rejections: Rejections,
    /// The customers, sorted by number.
    pub(super) sorted: Sorted,
}

/// Why parsing failed.
#[derive(Debug)]
enum ParseError {
    Fault(FileFault),
    Io(io::Error),
}

impl From<FileFault> for ParseError {
    fn from(fault: FileFault) -> Self {
        ParseError::Fault(fault)
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Fault(fault) => refused(vec![fault]),
            ParseError::Io(error) => temp_file_failed(&error),
        }
    }
}

/// Parses a whole file.
///
/// # Errors
/// `invalid_file`; `request_timeout` when the upload ends early.
pub(super) fn read(
    mut pieces: mpsc::Receiver<Piece>,
    options: &ParseOptions,
    folder: &Path,
    progress: &Progress,
) -> Result<ParsedFile, ApiError> {
    let (mut text, mut decoded, mut first) = (TextDecoder::default(), Vec::new(), HeaderScanner::default());
    let mut body: Option<Body> = None;
    loop {
        let is_last = match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => {
                text.push(&bytes, &mut decoded).map_err(ParseError::Fault)?;
                false
            }
            Some(Piece::End) => {
                text.finish(&mut decoded).map_err(ParseError::Fault)?;
                true
            }
            None => return Err(upload_ended_early()),
        };
        if body.is_none() {
            if !is_last && !first.is_complete(&decoded) {
                if decoded.len() > MAX_ROW_BYTES {
                    let message = "The header is longer than 1 MiB, so this is not a CSV file.";
                    return Err(refused(vec![FileFault::new(1, "row_too_long", message)]));
                }
                continue;
            }
            let beginning = std::str::from_utf8(&decoded).unwrap_or_default();
            let header = Header::read(beginning, &options.mapping).map_err(refused)?;
            body = Some(Body::new(header, options, folder));
        }
        if let Some(body) = &mut body {
            body.push(&decoded)?;
            decoded.clear();
            progress.read.store(body.rows.count, Ordering::Relaxed);
            if is_last {
                break;
            }
        }
    }
    body.ok_or_else(upload_ended_early)?.finish()
}

fn upload_ended_early() -> ApiError {
    let detail = "The upload ended too early. The previous file is still in use. Upload the file again.";
    ApiError::new(ErrorCode::RequestTimeout, detail)
}

/// The rows below the header.
struct Body {
    records: Records,
    rows: Rows,
}

impl Body {
    fn new(header: Header, options: &ParseOptions, folder: &Path) -> Self {
        Self {
            records: Records::separated_by(header.delimiter).strict_in(header.required(), header.line),
            rows: Rows {
                region: Region::of(&options.region),
                count: 0,
                accepted: 0,
                rejections: Rejections::default(),
                sorter: Sorter::new(folder, MEMORY_LIMIT),
                header,
            },
        }
    }

    fn push(&mut self, text: &[u8]) -> Result<(), ParseError> {
        let Self { records, rows } = self;
        records.push(text, &mut |record| rows.add(record))
    }

    fn finish(mut self) -> Result<ParsedFile, ApiError> {
        let Self { records, rows } = &mut self;
        records.finish(&mut |record| rows.add(record))?;
        let rows = self.rows;
        if rows.count == 0 {
            let message = "The file has a header, but no rows.";
            return Err(refused(vec![FileFault::new(rows.header.line, "no_rows", message)]));
        }
        if rows.accepted == 0 {
            return Err(no_valid_rows(rows.rejections));
        }
        Ok(ParsedFile {
            columns: rows.header.key_data(),
            reference: rows.header.name_of(RequiredColumn::Reference).to_owned(),
            rows: rows.count,
            accepted: rows.accepted,
            rejections: rows.rejections,
            sorted: rows.sorter.finish().map_err(|error| temp_file_failed(&error))?,
        })
    }
}

/// The parsed rows so far.
struct Rows {
    header: Header,
    region: Region,
    count: i64,
    accepted: i64,
    rejections: Rejections,
    sorter: Sorter,
}

impl Rows {
    fn add(&mut self, record: Record<'_>) -> Result<Next, ParseError> {
        if record.line <= self.header.line {
            return Ok(Next::Row);
        }
        let mut next = Next::Row;
        match row::read(record, &self.header, &self.region) {
            Outcome::Accepted(row) => {
                self.accepted += 1;
                // Duplicates of a customer are adjacent in this order, in file order.
                let key = (packed(&row.number), hash(&row.reference));
                self.sorter.push(key, |bytes| encode(&row, bytes)).map_err(ParseError::Io)?;
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

fn no_valid_rows(rejections: Rejections) -> ApiError {
    let count = rejections.count();
    let errors = rejections.rows().into_iter().take(MAX_ERRORS_SHOWN).map(|row| FieldError {
        field: format!("line {}", row.line),
        code: "rejected".to_owned(),
        message: match row.column {
            Some(column) => format!("{column}: {}", row.reason),
            None => row.reason,
        },
    });
    let detail = format!("None of the {count} rows can be used, so nothing was changed.");
    ApiError::new(ErrorCode::InvalidFile, detail).errors(errors)
}

/// Packs a phone number into an integer that sorts like its text: up to 15 digits, four bits each, from the left.
fn packed(number: &PhoneNumber) -> u64 {
    let digits = number.as_str().bytes().skip(1).map(|digit| u64::from(digit.saturating_sub(b'0')) + 1);
    digits.chain(std::iter::repeat(0)).take(15).fold(0, |packed, digit| packed << 4 | digit)
}

fn encode(row: &Row, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&row.line.to_le_bytes());
    for text in [row.number.as_str(), &row.reference, &row.name] {
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(row.key_data.as_bytes());
}

/// Decodes a row that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Option<Row> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let next = |rest: &mut &[u8]| {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (found, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        *rest = after;
        text(found)
    };
    let (line, mut rest) = bytes.split_first_chunk::<8>()?;
    let number = PhoneNumber::try_from(next(&mut rest)?).ok()?;
    let (reference, name) = (next(&mut rest)?, next(&mut rest)?);
    Some(Row { line: i64::from_le_bytes(*line), number, reference, name, key_data: text(rest)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_numbers_sort_like_their_text(one in "\\+[1-9][0-9]{6,14}", other in "\\+[1-9][0-9]{6,14}") {
            let number = |text: &str| text.parse::<PhoneNumber>().unwrap();
            prop_assert_eq!(packed(&number(&one)).cmp(&packed(&number(&other))), one.cmp(&other));
        }

        #[test]
        fn an_encoded_row_is_decoded_unchanged(reference in "\\PC{0,9}", name in "\\PC{0,9}", line: i64) {
            let number = "+447700900123".parse().unwrap();
            let row = Row { line, number, reference, name, key_data: "[\"é\"]".into() };
            let mut bytes = Vec::new();
            encode(&row, &mut bytes);
            prop_assert_eq!(decode(&bytes), Some(row));
        }
    }
}
