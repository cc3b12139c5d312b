//! The rows that were not taken: how many, and the first of them. A file that is wrong in every row must not fill memory,
//! so only so many are kept.

use shared::daily_file::RejectedRow;

/// How many rejected rows of a file are kept: more are a matter for whoever made the file, not for its rows.
pub(crate) const MOST_KEPT: usize = 10_000;

/// What was rejected so far.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    count: i64,
    rows: Vec<RejectedRow>,
}

impl Rejections {
    pub(super) fn push(&mut self, row: RejectedRow) {
        self.count += 1;
        self.rows.push(row);
        // Most come in the order of the file, but not those that are found when the rows are sorted.
        if self.rows.len() >= 2 * MOST_KEPT {
            self.keep_first();
        }
    }

    fn keep_first(&mut self) {
        self.rows.sort_by_key(|row| row.line);
        self.rows.truncate(MOST_KEPT);
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.count
    }

    /// The first of them, in the order of the file.
    pub(super) fn rows(mut self) -> Vec<RejectedRow> {
        self.keep_first();
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_kept_and_all_are_counted() {
        let mut rejections = Rejections::default();
        for line in (1..=25_000).rev() {
            let (value, reason) = (String::new(), "This is empty.".to_owned());
            rejections.push(RejectedRow { line, column: None, value, reason });
        }
        assert_eq!(rejections.count(), 25_000);
        let lines: Vec<i64> = rejections.rows().iter().map(|row| row.line).collect();
        assert_eq!(lines, (1..=10_000).collect::<Vec<_>>());
    }
}
