//! Keeps the first items of a file, by line, in bounded memory.

/// The first items by line, of those added so far.
#[derive(Debug)]
pub(super) struct First<T> {
    limit: usize,
    items: Vec<(i64, T)>,
    // Items from this line on are no longer among the first.
    last: i64,
}

impl<T> First<T> {
    /// Keeps at most `limit` items.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, items: Vec::new(), last: i64::MAX }
    }

    /// Adds the item of a line. Calls `make` only if the item may be among the first.
    pub(super) fn push(&mut self, line: i64, make: impl FnOnce() -> Option<T>) {
        if line >= self.last {
            return;
        }
        self.items.extend(make().map(|item| (line, item)));
        if self.items.len() >= 2 * self.limit {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.items.sort_by_key(|(line, _)| *line);
        if self.items.len() > self.limit {
            self.items.truncate(self.limit);
            self.last = self.items.last().map_or(i64::MAX, |(line, _)| *line);
        }
    }

    /// Returns the first items, ordered by line.
    pub(super) fn into_vec(mut self) -> Vec<T> {
        self.trim();
        self.items.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_items_are_kept_in_line_order(lines in proptest::collection::hash_set(0..500_i64, 0..100), limit in 1..20_usize) {
            let mut first = First::new(limit);
            for line in &lines {
                first.push(*line, || Some(*line));
            }
            let mut expected: Vec<i64> = lines.into_iter().collect();
            expected.sort_unstable();
            expected.truncate(limit);
            prop_assert_eq!(first.into_vec(), expected);
        }
    }
}
