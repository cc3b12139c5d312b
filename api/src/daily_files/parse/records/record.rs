//! A row of CSV text, and the reasons why a row can be malformed.

use super::MAX_COLUMNS;

/// Why a row cannot be split into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Malformed {
    /// Text follows a closing quote.
    #[error(
        "Text follows a closing quote, so it is unclear where the value ends. Put quotes around whole values only."
    )]
    TextAfterQuote,
    /// A quoted value in this column has a line break, which the column does not allow.
    #[error("This value is quoted and has no closing quote on its line. Close the quote.")]
    LineBreak(usize),
    /// An unquoted value in this column has an unmatched quote.
    #[error("This value has an unmatched quote. Remove it, or quote the whole value.")]
    StrayQuote(usize),
    /// A quote is never closed.
    #[error("This row opens a quote and never closes it. Close the quote.")]
    OpenQuote,
    /// There are more than [`MAX_COLUMNS`] values.
    #[error("This row has more than {MAX_COLUMNS} values.")]
    TooManyColumns,
}

impl Malformed {
    /// Returns the column of the fault, if it concerns one column.
    pub(in super::super) fn column(self) -> Option<usize> {
        match self {
            Malformed::LineBreak(column) | Malformed::StrayQuote(column) => Some(column),
            Malformed::TextAfterQuote | Malformed::OpenQuote | Malformed::TooManyColumns => None,
        }
    }
}

/// A row of the file.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Record<'a> {
    /// The line on which the row begins, from 1.
    pub(in super::super) line: u64,
    /// Why the values cannot be trusted, if they cannot.
    pub(in super::super) malformed: Option<Malformed>,
    pub(super) text: &'a str,
    pub(super) ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// Returns the values in order.
    pub(in super::super) fn values(self) -> impl Iterator<Item = &'a str> {
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
pub(in super::super) enum Next {
    /// After the row.
    Row,
    /// At the row's second line, so that its further lines are read as rows of their own.
    SecondLine,
}
