//! Reads a file as it comes in, on a thread of its own: text, rows, customers, sorted by number. Nothing of it is stored
//! yet, and nothing is left when it breaks off. It must never hold more than a part of the file in memory.

use std::{io, path::Path, sync::atomic::Ordering};

use shared::{ErrorCode, FieldError, PhoneNumber, daily_file::ColumnMapping};
use tokio::sync::mpsc;

use super::{
    Progress,
    changes::hash,
    fault::{FileFault, not_kept, refused},
    header::{FirstRow, Header, Needed},
    records::{LONGEST, Next, Record, Records},
    rejections::Rejections,
    row::{self, Outcome, Row},
    sorted::{Sorted, Sorter},
    text::Text,
};
use crate::{error::ApiError, numbers::region::Region};

/// How many bytes of rows wait in memory to be sorted. More would not be faster, and what the allocator keeps of larger
/// pieces for the next time adds up, thread by thread.
const ROOM: usize = 8 * 1024 * 1024;
/// How many rejected rows tell why a file without a single valid one is refused.
const EXAMPLES: usize = 20;

/// A part of an upload.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// That was all. An upload that ends without it has broken off.
    End,
}

/// How files of a team are to be read.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) region: String,
    pub(super) mapping: ColumnMapping,
}

/// A file that was read to its end.
#[derive(Debug)]
pub(super) struct Reading {
    /// The key data columns.
    pub(super) columns: Vec<String>,
    /// What the column of the reference is called.
    pub(super) reference: String,
    pub(super) rows: i64,
    pub(super) accepted: i64,
    pub(super) rejections: Rejections,
    /// The customers, by number.
    pub(super) sorted: Sorted,
}

/// What goes wrong while a file is read.
#[derive(Debug)]
enum Broken {
    Fault(FileFault),
    Io(io::Error),
}

impl From<FileFault> for Broken {
    fn from(fault: FileFault) -> Self {
        Broken::Fault(fault)
    }
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Fault(fault) => refused(vec![fault]),
            Broken::Io(error) => not_kept(&error),
        }
    }
}

/// Reads a file to its end.
///
/// # Errors
/// `invalid_file`; `request_timeout` when the upload breaks off.
pub(super) fn read(
    mut pieces: mpsc::Receiver<Piece>,
    manner: &Manner,
    folder: &Path,
    progress: &Progress,
) -> Result<Reading, ApiError> {
    let (mut text, mut decoded, mut first) = (Text::default(), Vec::new(), FirstRow::default());
    let mut body: Option<Body> = None;
    loop {
        let is_last = match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => {
                text.push(&bytes, &mut decoded).map_err(Broken::Fault)?;
                false
            }
            Some(Piece::End) => {
                text.finish(&mut decoded).map_err(Broken::Fault)?;
                true
            }
            None => return Err(broken_off()),
        };
        if body.is_none() {
            if !is_last && !first.is_in(&decoded) {
                if decoded.len() > LONGEST {
                    let message = "The header is longer than 1 MiB: this is no CSV.";
                    return Err(refused(vec![FileFault::new(1, "row_too_long", message)]));
                }
                continue;
            }
            let beginning = std::str::from_utf8(&decoded).unwrap_or_default();
            let header = Header::read(beginning, &manner.mapping).map_err(refused)?;
            body = Some(Body::below(header, manner, folder));
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
    body.ok_or_else(broken_off)?.finish()
}

fn broken_off() -> ApiError {
    let detail = "The upload broke off before its end. The file before is still the current one; try again.";
    ApiError::new(ErrorCode::RequestTimeout, detail)
}

/// What stands below the header.
struct Body {
    records: Records,
    rows: Rows,
}

impl Body {
    fn below(header: Header, manner: &Manner, folder: &Path) -> Self {
        Self {
            records: Records::separated_by(header.delimiter).strict_in(header.needed(), header.line),
            rows: Rows {
                region: Region::of(&manner.region),
                count: 0,
                accepted: 0,
                rejections: Rejections::default(),
                sorter: Sorter::new(folder, ROOM),
                header,
            },
        }
    }

    fn push(&mut self, text: &[u8]) -> Result<(), Broken> {
        let Self { records, rows } = self;
        records.push(text, &mut |record| rows.take(record))
    }

    fn finish(mut self) -> Result<Reading, ApiError> {
        let Self { records, rows } = &mut self;
        records.finish(&mut |record| rows.take(record))?;
        let rows = self.rows;
        if rows.count == 0 {
            let message = "There is a header, but not a single row below it.";
            return Err(refused(vec![FileFault::new(rows.header.line, "no_rows", message)]));
        }
        if rows.accepted == 0 {
            return Err(nothing_valid(rows.rejections));
        }
        Ok(Reading {
            columns: rows.header.key_data(),
            reference: rows.header.called(Needed::Reference).to_owned(),
            rows: rows.count,
            accepted: rows.accepted,
            rejections: rows.rejections,
            sorted: rows.sorter.finish().map_err(|error| not_kept(&error))?,
        })
    }
}

/// What has become of the rows so far.
struct Rows {
    header: Header,
    region: Region,
    count: i64,
    accepted: i64,
    rejections: Rejections,
    sorter: Sorter,
}

impl Rows {
    fn take(&mut self, record: Record<'_>) -> Result<Next, Broken> {
        if record.line <= self.header.line {
            return Ok(Next::Row);
        }
        let mut next = Next::Row;
        match row::read(record, &self.header, &self.region) {
            Outcome::Taken(row) => {
                self.accepted += 1;
                // Customers who are twice in the file come one after the other, the first one first.
                let key = (packed(&row.number), hash(&row.reference));
                self.sorter.push(key, |bytes| write(&row, bytes)).map_err(Broken::Io)?;
            }
            Outcome::Rejected(row) => self.rejections.push(row),
            Outcome::Swallows(row) => {
                self.rejections.push(row);
                next = Next::SecondLine;
            }
            Outcome::Blank => return Ok(next),
        }
        self.count += 1;
        Ok(next)
    }
}

fn nothing_valid(rejections: Rejections) -> ApiError {
    let count = rejections.count();
    let errors = rejections.rows().into_iter().take(EXAMPLES).map(|row| FieldError {
        field: format!("line {}", row.line),
        code: "rejected".to_owned(),
        message: match row.column {
            Some(column) => format!("{column}: {}", row.reason),
            None => row.reason,
        },
    });
    let detail = format!("None of the {count} rows can be taken, so nothing was changed.");
    ApiError::new(ErrorCode::InvalidFile, detail).errors(errors)
}

/// A number as one that sorts as its text does: at most 15 digits, a half-byte each, from the left.
fn packed(number: &PhoneNumber) -> u64 {
    let digits = number.as_str().bytes().skip(1).map(|digit| u64::from(digit.saturating_sub(b'0')) + 1);
    digits.chain(std::iter::repeat(0)).take(15).fold(0, |packed, digit| packed << 4 | digit)
}

fn write(row: &Row, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&row.line.to_le_bytes());
    for text in [row.number.as_str(), &row.reference, &row.name] {
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(row.key_data.as_bytes());
}

/// The customer that was written to these bytes.
pub(super) fn written(bytes: &[u8]) -> Option<Row> {
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
        fn numbers_sort_as_their_text_does(one in "\\+[1-9][0-9]{6,14}", other in "\\+[1-9][0-9]{6,14}") {
            let number = |text: &str| text.parse::<PhoneNumber>().unwrap();
            prop_assert_eq!(packed(&number(&one)).cmp(&packed(&number(&other))), one.cmp(&other));
        }

        #[test]
        fn what_waits_to_be_sorted_comes_back(reference in "\\PC{0,9}", name in "\\PC{0,9}", line: i64) {
            let number = "+447700900123".parse().unwrap();
            let row = Row { line, number, reference, name, key_data: "[\"é\"]".into() };
            let mut bytes = Vec::new();
            write(&row, &mut bytes);
            prop_assert_eq!(written(&bytes), Some(row));
        }
    }
}
