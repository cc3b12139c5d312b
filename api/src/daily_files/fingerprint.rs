//! What is kept of a row to compare it: a few bytes with its line, and all rows of one customer together.

use shared::{
    PhoneNumber,
    daily_file::{ChangedField, CustomerRow, DuplicateRef},
};

use super::row::Row;

/// How many rows of one customer are looked at one by one; of more, only the count and a digest are kept.
const MOST: usize = 20;

/// A row, as it is written to the sorter.
pub(super) struct Fingerprint<'a> {
    pub(super) row: &'a Row,
    /// A hash of the key data and its columns.
    pub(super) key_data: u64,
    pub(super) is_accepted: bool,
}

impl Fingerprint<'_> {
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self.is_accepted));
        bytes.extend_from_slice(&self.row.line.to_le_bytes());
        bytes.extend_from_slice(&self.key_data.to_le_bytes());
        // Neither has a control character.
        for text in [self.row.number.as_str(), &self.row.reference] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(self.row.name.as_bytes());
    }
}

/// A row, as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    is_accepted: bool,
    key_data: u64,
    customer: CustomerRow,
}

fn read(bytes: &[u8]) -> Option<Known> {
    let (accepted, rest) = bytes.split_first()?;
    let (line, rest) = rest.split_first_chunk::<8>()?;
    let (key_data, rest) = rest.split_first_chunk::<8>()?;
    let mut texts = std::str::from_utf8(rest).ok()?.splitn(3, '\n').map(str::to_owned);
    let number = PhoneNumber::try_from(texts.next()?).ok()?;
    let (reference, name) = (texts.next()?, texts.next()?);
    let line = i64::from_le_bytes(*line);
    Some(Known {
        is_accepted: *accepted == 1,
        key_data: u64::from_le_bytes(*key_data),
        customer: CustomerRow { line, reference, name, number },
    })
}

/// All rows of a file that have the same reference.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) rows: i64,
    pub(super) accepted: i64,
    // The same for the same accepted rows, in any order.
    digest: u64,
    first_line: Option<i64>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Group {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        (self.rows, self.accepted, self.digest, self.first_line) = (0, 0, 0, None);
    }

    /// Adds a row with the hash of all but its reference.
    pub(super) fn push(&mut self, hash: u64, bytes: &[u8]) {
        self.rows += 1;
        if bytes.first() == Some(&1) {
            self.accepted += 1;
            self.digest = self.digest.wrapping_add(hash);
        }
        let line = bytes
            .get(1..)
            .and_then(|rest| rest.split_first_chunk::<8>())
            .map(|(line, _)| i64::from_le_bytes(*line));
        self.first_line = [self.first_line, line].into_iter().flatten().min();
        if self.ends.len() < MOST {
            self.bytes.extend_from_slice(bytes);
            self.ends.push(self.bytes.len());
        }
    }

    /// The first line on which the customer stands.
    pub(super) fn line(&self) -> i64 {
        self.first_line.unwrap_or(i64::MAX)
    }

    pub(super) fn is_same(&self, other: &Group) -> bool {
        (self.accepted, self.digest) == (other.accepted, other.digest)
    }

    /// The rows, in file order.
    fn known(&self) -> Vec<Known> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let rows = starts.zip(&self.ends).filter_map(|(start, end)| read(self.bytes.get(*start..*end)?));
        let mut rows: Vec<Known> = rows.collect();
        rows.sort_by_key(|row| row.customer.line);
        rows
    }

    /// The customer's first accepted row.
    pub(super) fn customer(&self) -> Option<CustomerRow> {
        self.known().into_iter().find(|row| row.is_accepted).map(|row| row.customer)
    }

    /// The lines of a reference that stands on several.
    pub(super) fn duplicate(&self) -> Option<DuplicateRef> {
        let rows = self.known();
        let line = |row: &Known| row.customer.line;
        Some(DuplicateRef {
            lines: rows.iter().map(line).collect(),
            accepted_lines: rows.iter().filter(|row| row.is_accepted).map(line).collect(),
            reference: rows.into_iter().next()?.customer.reference,
        })
    }

    /// What differs between the rows of this file and of the one before.
    pub(super) fn differences(&self, before: &Group) -> Vec<ChangedField> {
        let (after, before) = (self.known(), before.known());
        let accepted =
            |rows: &[Known]| -> Vec<Known> { rows.iter().filter(|row| row.is_accepted).cloned().collect() };
        let (after, before) = (accepted(&after), accepted(&before));
        let differ = |field: fn(&Known) -> String| {
            let values = |rows: &[Known]| -> Vec<String> {
                let mut values: Vec<String> = rows.iter().map(field).collect();
                values.sort_unstable();
                values
            };
            values(&after) != values(&before)
        };
        let mut fields = Vec::new();
        if differ(|row| row.customer.name.clone()) {
            fields.push(ChangedField::Name);
        }
        if differ(|row| row.customer.number.to_string()) {
            fields.push(ChangedField::Number);
        }
        if differ(|row| row.key_data.to_string()) {
            fields.push(ChangedField::KeyData);
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_fingerprint_is_read_back(line: i64, reference in "[^\\pC]{1,9}", name in "[^\\pC]{1,9}", key_data: u64, is_accepted: bool) {
            let number: PhoneNumber = "+447700900123".parse().unwrap();
            let row = Row { line, number: number.clone(), reference: reference.clone(), name: name.clone(), key_data: String::new() };
            let mut bytes = Vec::new();
            Fingerprint { row: &row, key_data, is_accepted }.write(&mut bytes);
            let customer = CustomerRow { line, reference, name, number };
            prop_assert_eq!(read(&bytes), Some(Known { is_accepted, key_data, customer }));
        }
    }
}
