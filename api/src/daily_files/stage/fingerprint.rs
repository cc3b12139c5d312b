//! Fingerprints of a file's rows, for the comparison of files: each row as a hash of its reference and a hash of its
//! other values, sorted by reference.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

use shared::{PhoneNumber, daily_file::CustomerRow};

use super::{
    external_sort::{Sorted, Sorter},
    rows::hash,
};
use crate::daily_files::parse::Row;

/// Maximum bytes of fingerprints that the sorter holds in memory.
const MEMORY_LIMIT: usize = 2 * 1024 * 1024;

/// The fingerprints of a file.
#[derive(Debug)]
pub(in crate::daily_files) struct Fingerprints {
    sorter: Sorter,
    columns: DefaultHasher,
}

impl Fingerprints {
    /// Creates an empty collection for a file with these key data columns. Temporary files go to `folder`.
    pub(in crate::daily_files) fn of(columns: &[String], folder: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        columns.hash(&mut hasher);
        Self { sorter: Sorter::new(folder, MEMORY_LIMIT), columns: hasher }
    }

    /// Adds a row of the file. A row that is not accepted counts only as a duplicate.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(in crate::daily_files) fn push(&mut self, row: &Row, is_accepted: bool) -> io::Result<()> {
        let mut key_data = self.columns.clone();
        row.key_data.hash(&mut key_data);
        let key_data = key_data.finish();
        let rest = hash(&(row.number.as_str(), &row.name, key_data));
        let fingerprint = Fingerprint { row, key_data, is_accepted };
        self.sorter.push((hash(&row.reference), rest), |bytes| fingerprint.encode(bytes))
    }

    /// Returns the encoded rows, sorted by the hash of the reference.
    ///
    /// # Errors
    /// When the temporary file cannot be written or read.
    pub(in crate::daily_files) fn finish(self) -> io::Result<Sorted> {
        self.sorter.finish()
    }
}

/// A row to be encoded for the sorter.
struct Fingerprint<'a> {
    row: &'a Row,
    /// A hash of the key data and its columns.
    key_data: u64,
    is_accepted: bool,
}

impl Fingerprint<'_> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self.is_accepted));
        bytes.extend_from_slice(&self.row.line.to_le_bytes());
        bytes.extend_from_slice(&self.key_data.to_le_bytes());
        // Numbers and references have no control characters.
        for text in [self.row.number.as_str(), &self.row.reference] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(self.row.name.as_bytes());
    }
}

/// A row, as it is decoded from the sorter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daily_files) struct DecodedRow {
    pub(in crate::daily_files) is_accepted: bool,
    pub(in crate::daily_files) key_data: u64,
    pub(in crate::daily_files) customer: CustomerRow,
}

/// Decodes a row that [`Fingerprints::push`] encoded.
pub(in crate::daily_files) fn decode(bytes: &[u8]) -> Option<DecodedRow> {
    let (accepted, rest) = bytes.split_first()?;
    let (line, rest) = rest.split_first_chunk::<8>()?;
    let (key_data, rest) = rest.split_first_chunk::<8>()?;
    let mut texts = std::str::from_utf8(rest).ok()?.splitn(3, '\n').map(str::to_owned);
    let number = PhoneNumber::try_from(texts.next()?).ok()?;
    let (reference, name) = (texts.next()?, texts.next()?);
    let line = i64::from_le_bytes(*line);
    Some(DecodedRow {
        is_accepted: *accepted == 1,
        key_data: u64::from_le_bytes(*key_data),
        customer: CustomerRow { line, reference, name, number },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_encoded_fingerprint_is_decoded_unchanged(line: i64, reference in "[^\\pC]{1,9}", name in "[^\\pC]{1,9}", key_data: u64, is_accepted: bool) {
            let number: PhoneNumber = "+447700900123".parse().unwrap();
            let row = Row { line, number: number.clone(), reference: reference.clone(), name: name.clone(), key_data: String::new() };
            let mut bytes = Vec::new();
            Fingerprint { row: &row, key_data, is_accepted }.encode(&mut bytes);
            let customer = CustomerRow { line, reference, name, number };
            prop_assert_eq!(decode(&bytes), Some(DecodedRow { is_accepted, key_data, customer }));
        }
    }
}
