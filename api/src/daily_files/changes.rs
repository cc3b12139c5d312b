//! What is new, other and gone between two files, by customer reference number. Both are compared by fingerprints in
//! sorted order, so that files of any size fit. It must never hold up who writes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::Path,
};

use super::{
    row::Row,
    sorted::{Key, Sorted, Sorter},
};

/// How many bytes of fingerprints wait in memory.
const ROOM: usize = 2 * 1024 * 1024;

/// How two files differ, in customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) added: i64,
    pub(super) changed: i64,
    pub(super) dropped: i64,
}

/// The customers of a file, each as a hash of its reference and one of all else.
#[derive(Debug)]
pub(super) struct Fingerprints {
    sorter: Sorter,
    columns: DefaultHasher,
}

impl Fingerprints {
    /// Of a file with these key data columns; temporary files go to `folder`.
    pub(super) fn of(columns: &[String], folder: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        columns.hash(&mut hasher);
        Self { sorter: Sorter::new(folder, ROOM), columns: hasher }
    }

    /// Takes a customer.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) fn push(&mut self, row: &Row) -> io::Result<()> {
        let mut rest = self.columns.clone();
        (row.number.as_str(), &row.name, &row.key_data).hash(&mut rest);
        self.sorter.push((hash(&row.reference), rest.finish()), |_| {})
    }

    /// What has become of the customers of `before`.
    ///
    /// # Errors
    /// When a temporary file cannot be read.
    pub(super) fn since(self, before: Fingerprints) -> io::Result<Changes> {
        let mut new = Side { sorted: self.sorter.finish()?, next: None, bytes: Vec::new() };
        let mut old = Side { sorted: before.sorter.finish()?, next: None, bytes: Vec::new() };
        new.advance()?;
        old.advance()?;
        let mut changes = Changes::default();
        loop {
            match (new.next, old.next) {
                (None, None) => return Ok(changes),
                (Some((customer, _)), Some((known, _))) if customer == known => {
                    while new.next.is_some_and(|(of, _)| of == customer) && new.next == old.next {
                        new.advance()?;
                        old.advance()?;
                    }
                    let differs = new.skip(customer)? | old.skip(customer)?;
                    changes.changed += i64::from(differs);
                }
                (Some((customer, _)), known) if known.is_none_or(|(known, _)| customer < known) => {
                    changes.added += 1;
                    new.skip(customer)?;
                }
                (_, Some((known, _))) => {
                    changes.dropped += 1;
                    old.skip(known)?;
                }
                (Some(_), None) => return Ok(changes),
            }
        }
    }
}

/// A hash that is the same as long as this process lives.
pub(super) fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// One side of the comparison, and what comes next there.
struct Side {
    sorted: Sorted,
    next: Option<Key>,
    bytes: Vec<u8>,
}

impl Side {
    fn advance(&mut self) -> io::Result<()> {
        self.next = self.sorted.next(&mut self.bytes)?;
        Ok(())
    }

    /// Goes past a customer; whether there was anything.
    fn skip(&mut self, customer: u64) -> io::Result<bool> {
        let mut any = false;
        while self.next.is_some_and(|(of, _)| of == customer) {
            self.advance()?;
            any = true;
        }
        Ok(any)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Customers = Vec<(u8, u8, u8)>;

    fn of(rows: &Customers) -> Fingerprints {
        let mut found = Fingerprints::of(&["Balance".to_owned()], &std::env::temp_dir());
        for (reference, number, balance) in rows {
            let number = format!("+4477009{number:05}").parse().unwrap();
            let (reference, key_data) = (format!("A-{reference}"), format!("[\"{balance}\"]"));
            found.push(&Row { line: 1, number, reference, name: "Jo".into(), key_data }).unwrap();
        }
        found
    }

    fn by_reference(rows: &Customers) -> BTreeMap<u8, Vec<(u8, u8)>> {
        let mut by: BTreeMap<u8, Vec<(u8, u8)>> = BTreeMap::new();
        rows.iter().for_each(|(reference, number, balance)| {
            by.entry(*reference).or_default().push((*number, *balance));
        });
        by.values_mut().for_each(|rows| rows.sort());
        by
    }

    proptest! {
        #[test]
        fn customers_are_compared_by_their_reference(
            new in proptest::collection::vec((0..12_u8, 0..3_u8, 0..3_u8), 0..20),
            old in proptest::collection::vec((0..12_u8, 0..3_u8, 0..3_u8), 0..20),
        ) {
            let changes = of(&new).since(of(&old)).unwrap();
            let (new, old) = (by_reference(&new), by_reference(&old));
            let count = |found: usize| i64::try_from(found).unwrap();
            prop_assert_eq!(changes, Changes {
                added: count(new.keys().filter(|key| !old.contains_key(key)).count()),
                changed: count(new.iter().filter(|(key, rows)| old.get(key).is_some_and(|old| old != *rows)).count()),
                dropped: count(old.keys().filter(|key| !new.contains_key(key)).count()),
            });
        }
    }
}
