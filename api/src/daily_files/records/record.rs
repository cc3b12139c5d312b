//! A row of CSV text, and the reasons why a row can be malformed.

/// Why a row cannot be split into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::daily_files) enum Malformed {
    /// Text follows a closing quote.
    TextAfterQuote,
    /// A quoted value in this column has a line break, which the column does not allow.
    LineBreak(usize),
    /// An unquoted value in this column has an unmatched quote.
    StrayQuote(usize),
    /// A quote is never closed.
    OpenQuote,
    /// There are more than [`super::MAX_COLUMNS`] values.
    TooManyColumns,
}

/// A row of the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::daily_files) struct Record<'a> {
    /// The line on which the row begins, from 1.
    pub(in crate::daily_files) line: u64,
    /// Why the values cannot be trusted, if they cannot.
    pub(in crate::daily_files) malformed: Option<Malformed>,
    pub(super) text: &'a str,
    pub(super) ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// Returns the values in order.
    pub(in crate::daily_files) fn values(self) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            value
        })
    }
}

/// Where reading continues after a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::daily_files) enum Next {
    /// After the row.
    Row,
    /// At the row's second line, so that its further lines are read as rows of their own.
    SecondLine,
}
