//! Faults that make a file unusable as a whole. An invalid value is not such a fault: its row is rejected and the rest
//! of the file is imported.

use super::{header::RequiredColumn, records::MAX_COLUMNS};

/// Maximum number of columns that a fault lists.
const MAX_COLUMNS_SHOWN: usize = 12;

/// A fault of a file, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}: {kind}")]
pub struct FileFault {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and how to correct it.
    pub kind: FaultKind,
}

impl FileFault {
    pub(super) fn new(line: u64, kind: FaultKind) -> Self {
        Self { line, kind }
    }
}

/// What is wrong with a file, and how to correct it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The file is a workbook.
    #[error("This is an Excel workbook, not a CSV file. In Excel, choose Save As and CSV UTF-8.")]
    ExcelWorkbook,
    /// The file begins with a UTF-16 byte order mark.
    #[error("This file is in UTF-16. Save it as CSV (UTF-8).")]
    Utf16,
    /// A line is not UTF-8, but an earlier one is.
    #[error("This line is not valid UTF-8, although the text before it is. Save the file as CSV (UTF-8).")]
    InvalidUtf8,
    /// A line has a NUL byte.
    #[error("This line has a NUL byte, so the file is not text. Save it as CSV (UTF-8).")]
    NulByte,
    /// A row is not text.
    #[error("This row is not text.")]
    NotText,
    /// No line of the file's beginning ends.
    #[error("The header is longer than 1 MiB, so this is not a CSV file.")]
    HeaderTooLong,
    /// A row is longer than the limit.
    #[error("This row is longer than 1 MiB. Perhaps this is not a CSV file.")]
    RowTooLong,
    /// The last row has an open quote.
    #[error("This row opens a quote and never closes it. The file may be incomplete.")]
    OpenQuote,
    /// Rows with open quotes make the import read too much of the file again.
    #[error("Too many rows of this file open a quote and never close it. Correct the export.")]
    TooManyOpenQuotes,
    /// There is no header.
    #[error("The file is empty: it has no header.")]
    Empty,
    /// There are no rows below the header.
    #[error("The file has a header, but no rows.")]
    NoRows,
    /// The header has more columns than the limit.
    #[error("The header has more than {MAX_COLUMNS} columns.")]
    TooManyColumns,
    /// The header has a broken quote.
    #[error(
        "The header has a quote that is not closed, or text after a closing quote. Put quotes around whole names only."
    )]
    BrokenHeader,
    /// Two columns have the name of a required column.
    #[error("Two columns are named {name}.")]
    AmbiguousColumn {
        /// The name.
        name: String,
    },
    /// The column that the team's column mapping names does not exist.
    #[error(
        "There is no column {name}, which the team's column mapping uses for {}. {}",
        .required.described(), listed(.columns)
    )]
    MissingMappedColumn {
        /// The name in the mapping.
        name: String,
        /// What the mapping uses it for.
        required: RequiredColumn,
        /// The columns of the file.
        columns: Vec<String>,
    },
    /// No column has a usual name of a required column.
    #[error(
        "There is no column for {}. It is usually named {} or similar. {} Rename a column, or save a column mapping.",
        .required.described(), .required.examples(), listed(.columns)
    )]
    MissingColumn {
        /// The required column.
        required: RequiredColumn,
        /// The columns of the file.
        columns: Vec<String>,
    },
}

fn listed(columns: &[String]) -> String {
    let mut shown: Vec<&str> = columns.iter().map(String::as_str).take(MAX_COLUMNS_SHOWN).collect();
    if columns.len() > shown.len() {
        shown.push("...");
    }
    format!("The columns are: {}.", shown.join(", "))
}
