//! Compares a table of the target with that of the source: the number of rows, and a sum of the hashes of all rows, which
//! does not depend on their order, because the databases sort texts differently.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use sha2::{Digest as _, Sha256};

use super::{TransferError, read::Reader, tables::Table};
use crate::db::{DbConnection, DbError};

/// The number of rows and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    pub(super) hash: u128,
}

impl Digest {
    fn add(&mut self, row: &[Option<String>]) {
        let mut hash = Sha256::new();
        for value in row {
            match value {
                Some(text) => {
                    hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                    hash.update(text.as_bytes());
                }
                // No text has this length.
                None => hash.update([0xff; 8]),
            }
        }
        let half = hash.finalize().iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        self.hash = self.hash.wrapping_add(half);
        self.rows += 1;
    }
}

/// Reads both tables at the same time and compares them. Counts the rows of the source in `verified`.
pub(super) fn compare(
    source: &mut DbConnection,
    target: &mut DbConnection,
    table: &Table,
    page: usize,
    verified: &AtomicU64,
) -> Result<Digest, TransferError> {
    let (expected, found) = thread::scope(|scope| {
        let expected = scope.spawn(|| digest(source, table, page, Some(verified)));
        let found = digest(target, table, page, None);
        (expected.join(), found)
    });
    let read = |error| TransferError::Read { table: table.name, error };
    let expected = expected.map_err(|_| DbError::Panicked)?.map_err(read)?;
    let found = found?;
    if expected == found {
        return Ok(expected);
    }
    Err(TransferError::Differs { table: table.name, source_rows: expected.rows, target_rows: found.rows })
}

fn digest(
    conn: &mut DbConnection,
    table: &Table,
    page: usize,
    counted: Option<&AtomicU64>,
) -> Result<Digest, DbError> {
    let reader = Reader::new(conn, table, page);
    let (mut digest, mut after) = (Digest::default(), None);
    loop {
        let rows = reader.page(conn, after.as_deref())?;
        for row in &rows {
            digest.add(row);
        }
        if let Some(counted) = counted {
            counted.fetch_add(u64::try_from(rows.len()).unwrap_or_default(), Ordering::Relaxed);
        }
        match rows.last() {
            Some(last) if rows.len() == page => after = Some(table.key_of(last)),
            _ => return Ok(digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(rows: &[&[Option<&str>]]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add(&row.iter().map(|value| value.map(str::to_owned)).collect::<Vec<_>>());
        }
        digest
    }

    #[test]
    fn the_hash_depends_on_the_values_and_not_on_the_order_of_the_rows() {
        let (first, second): (&[_], &[_]) = (&[Some("1"), Some("ab")], &[Some("2"), None]);
        assert_eq!(digest_of(&[first, second]), digest_of(&[second, first]));
        let different: [&[_]; 4] =
            [&[Some("1a"), Some("b")], &[Some("1"), None], &[Some("1"), Some("")], &[None, Some("1")]];
        for (place, row) in different.iter().enumerate() {
            assert_ne!(digest_of(&[row]), digest_of(&[first]));
            for other in different.iter().skip(place + 1) {
                assert_ne!(digest_of(&[row]), digest_of(&[other]));
            }
        }
    }
}
