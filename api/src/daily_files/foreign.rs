//! Reads the rows of a file that does not become a daily file, such as that of a campaign.

use std::io;

use shared::{
    PhoneNumber,
    daily_file::{ColumnMapping, RejectedRow},
};
use tokio::sync::mpsc;

use super::{
    ParseError, Piece, Progress,
    parse::{ParseOptions, parse},
    temp_file::TempFileError,
};

/// An accepted row.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) line: i64,
    pub(crate) number: PhoneNumber,
    pub(crate) reference: String,
    pub(crate) name: String,
    /// The values of the key data columns as a JSON array.
    pub(crate) key_data: String,
}

/// What is known of a file after its last row.
#[derive(Clone, Debug)]
pub(crate) struct FileEnd {
    pub(crate) columns: Vec<String>,
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    /// The first rejected rows, in file order.
    pub(crate) rejections: Vec<RejectedRow>,
}

/// The receiver of the rows wants no more of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwanted;

/// Parses a file like a daily file, on a thread that may wait, and passes each accepted row to `accept`.
///
/// # Errors
/// When the file cannot be used, or a row is unwanted.
pub(crate) fn read_rows(
    pieces: mpsc::Receiver<Piece>,
    region: String,
    mapping: ColumnMapping,
    mut accept: impl FnMut(FileRow) -> Result<(), Unwanted>,
) -> Result<FileEnd, ParseError> {
    let parsed = parse(pieces, &ParseOptions { region, mapping }, &Progress::default(), |row| {
        let row = FileRow {
            line: row.line,
            number: row.number.clone(),
            reference: row.reference.clone(),
            name: row.name.clone(),
            key_data: row.key_data.clone(),
        };
        accept(row).map_err(|Unwanted| TempFileError::Failed(io::ErrorKind::BrokenPipe.into()))
    })?;
    let rejected = parsed.rejections.count();
    Ok(FileEnd {
        columns: parsed.columns,
        accepted: parsed.accepted,
        rejected,
        rejections: parsed.rejections.rows(),
    })
}
