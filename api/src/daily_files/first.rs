//! Keeps the first of many things, by their place in a file, in bounded memory.

/// The first things so far.
#[derive(Debug)]
pub(super) struct First<T> {
    most: usize,
    things: Vec<(i64, T)>,
    // What lies behind this is no longer among the first.
    last: i64,
}

impl<T> First<T> {
    /// Keeps at most this many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, things: Vec::new(), last: i64::MAX }
    }

    /// Adds one at a line, which `make` makes only if it may be among the first.
    pub(super) fn push(&mut self, line: i64, make: impl FnOnce() -> Option<T>) {
        if line >= self.last {
            return;
        }
        self.things.extend(make().map(|thing| (line, thing)));
        if self.things.len() >= 2 * self.most {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.things.sort_by_key(|(line, _)| *line);
        if self.things.len() > self.most {
            self.things.truncate(self.most);
            self.last = self.things.last().map_or(i64::MAX, |(line, _)| *line);
        }
    }

    /// The first ones, in their order.
    pub(super) fn all(mut self) -> Vec<T> {
        self.cut();
        self.things.into_iter().map(|(_, thing)| thing).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_ones_are_kept_in_their_order(lines in proptest::collection::hash_set(0..500_i64, 0..100), most in 1..20_usize) {
            let mut first = First::new(most);
            for line in &lines {
                first.push(*line, || Some(*line));
            }
            let mut expected: Vec<i64> = lines.into_iter().collect();
            expected.sort_unstable();
            expected.truncate(most);
            prop_assert_eq!(first.all(), expected);
        }
    }
}
