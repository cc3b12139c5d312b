//! Counts the rejected rows of a file and keeps the first of them. The number kept is limited, so that a file with only
//! invalid rows does not fill memory.

use shared::daily_file::RejectedRow;

/// Maximum number of rejected rows kept per file. With more, the export is wrong, not single rows.
pub(in crate::daily_files) const MAX_STORED: usize = 10_000;

/// The rejected rows so far.
#[derive(Debug, Default)]
pub(in crate::daily_files) struct Rejections {
    count: i64,
    rows: Vec<RejectedRow>,
}

impl Rejections {
    pub(in crate::daily_files) fn push(&mut self, row: RejectedRow) {
        self.count += 1;
        self.rows.push(row);
        // Most rows arrive in file order, but duplicates are found later, when the rows are sorted.
        if self.rows.len() >= 2 * MAX_STORED {
            self.keep_first();
        }
    }

    fn keep_first(&mut self) {
        self.rows.sort_by_key(|row| row.line);
        self.rows.truncate(MAX_STORED);
    }

    /// Returns the number of all rejected rows.
    pub(in crate::daily_files) fn count(&self) -> i64 {
        self.count
    }

    /// Returns the first rejected rows in file order.
    pub(in crate::daily_files) fn rows(mut self) -> Vec<RejectedRow> {
        self.keep_first();
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_kept_and_all_rows_are_counted() {
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
