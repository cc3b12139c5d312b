//! The accepted rows of a file, sorted by number. That is the order of the table's key, so inserts append to it, and
//! duplicates are next to each other.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

use shared::PhoneNumber;

use super::external_sort::{Sorted, Sorter};
use crate::daily_files::parse::Row;

/// Maximum bytes of rows that the sorter holds in memory. A larger buffer is not faster, and the allocator keeps large
/// freed buffers per thread.
const MEMORY_LIMIT: usize = 8 * 1024 * 1024;

/// Sorts rows by number, then by reference. Rows with the same number and reference stay in file order.
#[derive(Debug)]
pub(super) struct RowSorter {
    sorter: Sorter,
}

impl RowSorter {
    /// Creates a sorter whose temporary file is in `folder`.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { sorter: Sorter::new(folder, MEMORY_LIMIT) }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) fn push(&mut self, row: &Row) -> io::Result<()> {
        let key = (packed(&row.number), hash(&row.reference));
        self.sorter.push(key, |bytes| encode(row, bytes))
    }

    /// Returns all rows in order.
    ///
    /// # Errors
    /// When the temporary file cannot be written or read.
    pub(super) fn finish(self) -> io::Result<SortedRows> {
        Ok(SortedRows { sorted: self.sorter.finish()?, bytes: Vec::new() })
    }
}

/// The sorted rows.
pub(super) struct SortedRows {
    sorted: Sorted,
    bytes: Vec<u8>,
}

/// A row with the size of its text.
pub(super) struct SizedRow {
    pub(super) row: Row,
    pub(super) bytes: usize,
}

impl SortedRows {
    /// Returns the next row.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<SizedRow>> {
        if self.sorted.next(&mut self.bytes)?.is_none() {
            return Ok(None);
        }
        let row = decode(&self.bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(SizedRow { row, bytes: self.bytes.len() }))
    }
}

/// Returns a hash that is stable within this process.
pub(super) fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
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

fn decode(bytes: &[u8]) -> Option<Row> {
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
