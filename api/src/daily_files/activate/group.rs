//! The rows of a file that have the same reference, and how they differ from those of another file.

use shared::daily_file::{ChangedField, CustomerRow, DuplicateRef};

use crate::daily_files::stage::{DecodedRow, decode};

/// Maximum number of rows kept per customer; further rows only add to the count and the digest.
const MAX_ROWS: usize = 20;

/// All rows of a file that have the same reference.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) rows: i64,
    pub(super) accepted: i64,
    // A sum of hashes, so that the order of the accepted rows does not matter.
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

    /// Adds an encoded row. `hash` covers everything except the reference.
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
        if self.ends.len() < MAX_ROWS {
            self.bytes.extend_from_slice(bytes);
            self.ends.push(self.bytes.len());
        }
    }

    /// Returns the customer's first line.
    pub(super) fn line(&self) -> i64 {
        self.first_line.unwrap_or(i64::MAX)
    }

    pub(super) fn is_same(&self, other: &Group) -> bool {
        (self.accepted, self.digest) == (other.accepted, other.digest)
    }

    /// Returns the rows in file order.
    fn decoded(&self) -> Vec<DecodedRow> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let rows = starts.zip(&self.ends).filter_map(|(start, end)| decode(self.bytes.get(*start..*end)?));
        let mut rows: Vec<DecodedRow> = rows.collect();
        rows.sort_by_key(|row| row.customer.line);
        rows
    }

    /// Returns the customer's first accepted row.
    pub(super) fn customer(&self) -> Option<CustomerRow> {
        self.decoded().into_iter().find(|row| row.is_accepted).map(|row| row.customer)
    }

    /// Returns the lines of a reference that is on several lines.
    pub(super) fn duplicate(&self) -> Option<DuplicateRef> {
        let rows = self.decoded();
        let line = |row: &DecodedRow| row.customer.line;
        Some(DuplicateRef {
            lines: rows.iter().map(line).collect(),
            accepted_lines: rows.iter().filter(|row| row.is_accepted).map(line).collect(),
            reference: rows.into_iter().next()?.customer.reference,
        })
    }

    /// Returns the fields that differ from the customer's rows in the previous file.
    pub(super) fn differences(&self, before: &Group) -> Vec<ChangedField> {
        let (after, before) = (self.decoded(), before.decoded());
        let accepted = |rows: &[DecodedRow]| -> Vec<DecodedRow> {
            rows.iter().filter(|row| row.is_accepted).cloned().collect()
        };
        let (after, before) = (accepted(&after), accepted(&before));
        let differ = |field: fn(&DecodedRow) -> String| {
            let values = |rows: &[DecodedRow]| -> Vec<String> {
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
