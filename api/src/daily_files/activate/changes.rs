//! Compares two files by customer reference number: new, changed, dropped and duplicate customers, with examples.
//! Compares sorted fingerprints, so that memory use does not depend on the size of the files.

use std::io;

use shared::daily_file::{
    CustomerChange, CustomerRow, DuplicateRef, Examples, FileDifference, MAX_DUPLICATES, MAX_EXAMPLES,
    MAX_REJECTED_SHOWN, RejectedRow, Turnover,
};

use super::{first::First, group::Group};
use crate::daily_files::{
    RowCounts,
    stage::{Fingerprints, Key, Sorted},
};

/// The differences between the customers of two files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::daily_files) struct Changes {
    pub(in crate::daily_files) turnover: Turnover,
    pub(in crate::daily_files) examples: Examples,
    pub(in crate::daily_files) duplicates: Vec<DuplicateRef>,
    pub(in crate::daily_files) duplicate_refs: i64,
}

impl Changes {
    /// Compares a file with the file before it.
    ///
    /// # Errors
    /// When a temporary file cannot be written or read.
    pub(super) fn between(new: Fingerprints, before: Fingerprints) -> io::Result<Self> {
        let mut new = Side::of(new.finish()?)?;
        let mut old = Side::of(before.finish()?)?;
        let mut found = ChangeCollector::default();
        let (mut after, mut earlier) = (Group::default(), Group::default());
        while let Some(customer) = [new.customer(), old.customer()].into_iter().flatten().min() {
            new.take(customer, &mut after)?;
            old.take(customer, &mut earlier)?;
            found.note(&after, &earlier);
        }
        Ok(found.finish())
    }

    /// Describes a file and its differences for a response.
    pub(in crate::daily_files) fn into_difference(
        self,
        counts: RowCounts,
        mut rejected: Vec<RejectedRow>,
        columns: Vec<String>,
    ) -> FileDifference {
        rejected.truncate(MAX_REJECTED_SHOWN);
        let RowCounts { rows, accepted, rejected: rejected_rows } = counts;
        let Self { turnover, examples, duplicates, duplicate_refs } = self;
        let Turnover { added, changed, dropped, unchanged } = turnover;
        FileDifference {
            rows,
            accepted,
            rejected,
            rejected_rows,
            added,
            changed,
            dropped,
            unchanged,
            duplicates,
            duplicate_refs,
            examples,
            columns,
        }
    }
}

/// Collects differences.
struct ChangeCollector {
    turnover: Turnover,
    added: First<CustomerRow>,
    changed: First<CustomerChange>,
    dropped: First<CustomerRow>,
    duplicates: First<DuplicateRef>,
    duplicate_refs: i64,
}

impl Default for ChangeCollector {
    fn default() -> Self {
        Self {
            turnover: Turnover::default(),
            added: First::new(MAX_EXAMPLES),
            changed: First::new(MAX_EXAMPLES),
            dropped: First::new(MAX_EXAMPLES),
            duplicates: First::new(MAX_DUPLICATES),
            duplicate_refs: 0,
        }
    }
}

impl ChangeCollector {
    fn note(&mut self, after: &Group, before: &Group) {
        let turnover = &mut self.turnover;
        if before.accepted == 0 {
            turnover.added += i64::from(after.accepted > 0);
            self.added.push(after.line(), || after.customer());
        } else if after.accepted == 0 {
            turnover.dropped += 1;
            self.dropped.push(before.line(), || before.customer());
        } else if after.is_same(before) {
            turnover.unchanged += 1;
        } else {
            turnover.changed += 1;
            self.changed.push(after.line(), || {
                let differs = after.differences(before);
                Some(CustomerChange { before: before.customer()?, after: after.customer()?, differs })
            });
        }
        if after.rows > 1 {
            self.duplicate_refs += 1;
            self.duplicates.push(after.line(), || after.duplicate());
        }
    }

    fn finish(self) -> Changes {
        let (added, changed, dropped) =
            (self.added.into_vec(), self.changed.into_vec(), self.dropped.into_vec());
        Changes {
            turnover: self.turnover,
            examples: Examples { added, changed, dropped },
            duplicates: self.duplicates.into_vec(),
            duplicate_refs: self.duplicate_refs,
        }
    }
}

/// One file of the comparison, with its next record.
struct Side {
    sorted: Sorted,
    next: Option<Key>,
    bytes: Vec<u8>,
}

impl Side {
    fn of(sorted: Sorted) -> io::Result<Self> {
        let mut side = Self { sorted, next: None, bytes: Vec::new() };
        side.advance()?;
        Ok(side)
    }

    fn customer(&self) -> Option<u64> {
        self.next.map(|(customer, _)| customer)
    }

    fn advance(&mut self) -> io::Result<()> {
        self.next = self.sorted.next(&mut self.bytes)?;
        Ok(())
    }

    /// Moves all rows of a customer into `group`.
    fn take(&mut self, customer: u64, group: &mut Group) -> io::Result<()> {
        group.clear();
        while let Some((of, rest)) = self.next
            && of == customer
        {
            group.push(rest, &self.bytes);
            self.advance()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shared::daily_file::ChangedField;

    use super::*;
    use crate::daily_files::parse::Row;

    type Customers = Vec<(u8, u8, u8)>;

    fn of(rows: &Customers) -> Fingerprints {
        let mut found = Fingerprints::of(&["Balance".to_owned()], &std::env::temp_dir());
        for ((reference, number, balance), line) in rows.iter().zip(2..) {
            let number = format!("+4477009{number:05}").parse().unwrap();
            let (reference, key_data) = (format!("A-{reference}"), format!("[\"{balance}\"]"));
            found.push(&Row { line, number, reference, name: "Jo".into(), key_data }, true).unwrap();
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

    #[test]
    fn examples_are_in_file_order_and_name_the_changed_fields() {
        let old = vec![(1, 1, 1), (2, 2, 2), (3, 3, 3), (9, 9, 9)];
        let new = vec![(8, 8, 8), (3, 4, 3), (2, 2, 3), (1, 1, 1), (7, 7, 7)];
        let changes = Changes::between(of(&new), of(&old)).unwrap();
        let refs = |rows: &[CustomerRow]| -> Vec<(i64, String)> {
            rows.iter().map(|row| (row.line, row.reference.clone())).collect()
        };
        assert_eq!(refs(&changes.examples.added), [(2, "A-8".to_owned()), (6, "A-7".to_owned())]);
        assert_eq!(refs(&changes.examples.dropped), [(5, "A-9".to_owned())]);
        let changed: Vec<_> = changes
            .examples
            .changed
            .iter()
            .map(|change| (change.after.line, change.before.number.as_str(), change.differs.as_slice()))
            .collect();
        assert_eq!(
            changed,
            [
                (3, "+447700900003", &[ChangedField::Number][..]),
                (4, "+447700900002", &[ChangedField::KeyData]),
            ]
        );
        assert_eq!(changes.duplicate_refs, 0);
    }

    #[test]
    fn a_reference_on_several_lines_is_a_duplicate() {
        let mut new = of(&vec![(1, 1, 1), (2, 2, 2), (1, 3, 1)]);
        let number = "+447700900001".parse().unwrap();
        let again =
            Row { line: 9, number, reference: "A-1".into(), name: "Jo".into(), key_data: "[]".into() };
        new.push(&again, false).unwrap();
        let changes = Changes::between(new, of(&vec![(1, 1, 1), (1, 3, 1)])).unwrap();
        assert_eq!((changes.turnover.unchanged, changes.turnover.added), (1, 1));
        let expected =
            DuplicateRef { reference: "A-1".into(), lines: vec![2, 4, 9], accepted_lines: vec![2, 4] };
        assert_eq!((changes.duplicate_refs, changes.duplicates), (1, vec![expected]));
    }

    proptest! {
        #[test]
        fn customers_are_compared_by_their_reference(
            new in proptest::collection::vec((0..12_u8, 0..3_u8, 0..3_u8), 0..20),
            old in proptest::collection::vec((0..12_u8, 0..3_u8, 0..3_u8), 0..20),
        ) {
            let changes = Changes::between(of(&new), of(&old)).unwrap();
            let (new, old) = (by_reference(&new), by_reference(&old));
            let count = |found: usize| i64::try_from(found).unwrap();
            let same = new.iter().filter(|(key, rows)| old.get(key) == Some(*rows)).count();
            prop_assert_eq!(changes.turnover, Turnover {
                added: count(new.keys().filter(|key| !old.contains_key(key)).count()),
                changed: count(new.keys().filter(|key| old.contains_key(key)).count() - same),
                dropped: count(old.keys().filter(|key| !new.contains_key(key)).count()),
                unchanged: count(same),
            });
            prop_assert_eq!(changes.duplicate_refs, count(new.values().filter(|rows| rows.len() > 1).count()));
        }
    }
}
