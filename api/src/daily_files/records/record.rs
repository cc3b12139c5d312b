//! A row of a CSV text, and why it may be malformed.

/// Why a row cannot be split into its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::daily_files) enum Malformed {
    /// Text follows a closing quote.
    TextAfterQuote,
    /// A quoted value in this column has a line break, and must not have one.
    LineBreak(usize),
    /// An unquoted value in this column has a quote without its counterpart.
    StrayQuote(usize),
    /// A quote is never closed.
    OpenQuote,
    /// There are more than [`super::MOST_COLUMNS`] values.
    TooManyColumns,
}

/// A row of the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::daily_files) struct Record<'a> {
    /// The line on which it begins, from 1.
    pub(in crate::daily_files) line: u64,
    /// Why its values cannot be trusted.
    pub(in crate::daily_files) malformed: Option<Malformed>,
    pub(super) text: &'a str,
    pub(super) ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// Its values, in their order.
    pub(in crate::daily_files) fn values(self) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            value
        })
    }
}

/// Where to read on after a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::daily_files) enum Next {
    /// Below the row.
    Row,
    /// On the row's second line: its further lines are rows of their own.
    SecondLine,
}
