//! Rows of the database as a CSV or NDJSON file that is written while it is sent. A slice of rows is read at a time, when
//! the client has received the one before: memory does not grow with the number of rows, no connection to the database is
//! held, and the work ends when the client goes away.

mod cells;
mod formula;
pub(crate) mod routes;

use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::{Db, DbConnection, DbError};

pub(crate) use cells::Cells;

/// Number of rows in a slice.
pub(crate) const SLICE: i64 = 1000;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileFormat {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// A JSON object in each line.
    Ndjson,
}

impl FileFormat {
    /// The MIME type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The extension of a file's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// Why a file ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A row could not be written as JSON.
    #[error("a row could not be serialised: {0}")]
    Serialize(#[from] serde_json::Error),
}

/// A row of a file.
pub(crate) trait Row: Serialize + Send + 'static {
    /// The names of the columns in CSV.
    const COLUMNS: &'static [&'static str];

    /// Writes the cells in the order of the columns.
    fn write(&self, cells: &mut Cells);
}

/// Some rows, and the place at which the next ones begin.
#[derive(Clone, Debug)]
pub(crate) struct Slice<T, C> {
    pub(crate) rows: Vec<T>,
    /// `None` after the last row.
    pub(crate) next: Option<C>,
}

/// Where a stream continues.
enum Place<T, C> {
    /// At a slice that was read already.
    At(Slice<T, C>),
    After(C),
    End,
}

/// Returns the file, piece by piece. `read` returns the slice after a place.
///
/// # Errors
/// If the first slice cannot be read. A later error ends the stream early, so that the client sees an incomplete file.
pub(crate) async fn rows<T, C, R>(
    db: Db,
    format: FileFormat,
    read: R,
) -> Result<impl Stream<Item = Result<Vec<u8>, StreamError>> + use<T, C, R>, DbError>
where
    T: Row,
    C: Clone + Send + 'static,
    R: Fn(&mut DbConnection, Option<&C>) -> Result<Slice<T, C>, DbError> + Clone + Send + 'static,
{
    let first = read.clone();
    let first = db.read(move |conn| first(conn, None)).await?;
    let beginning = beginning::<T>(format);
    let rest = stream::try_unfold(Place::At(first), move |place| {
        let (db, read) = (db.clone(), read.clone());
        async move {
            let slice = match place {
                Place::At(slice) => slice,
                Place::After(last) => {
                    db.read(move |conn| read(conn, Some(&last))).await.inspect_err(|error| {
                        tracing::error!(%error, "a file of rows ends early");
                    })?
                }
                Place::End => return Ok(None),
            };
            let next = slice.next.map_or(Place::End, Place::After);
            Ok::<_, StreamError>(Some((encode(&slice.rows, format)?, next)))
        }
    });
    Ok(stream::once(async { Ok(beginning) }).chain(rest))
}

/// Returns the beginning of a file.
fn beginning<T: Row>(format: FileFormat) -> Vec<u8> {
    match format {
        FileFormat::Csv => {
            let mut cells = Cells::default();
            cells.header(T::COLUMNS);
            cells.into_bytes()
        }
        FileFormat::Ndjson => Vec::new(),
    }
}

/// Returns rows in this format.
fn encode<T: Row>(rows: &[T], format: FileFormat) -> Result<Vec<u8>, StreamError> {
    match format {
        FileFormat::Csv => {
            let mut cells = Cells::default();
            for row in rows {
                row.write(&mut cells);
                cells.end_row();
            }
            Ok(cells.into_bytes())
        }
        FileFormat::Ndjson => {
            let mut lines = Vec::new();
            for row in rows {
                serde_json::to_writer(&mut lines, row)?;
                lines.push(b'\n');
            }
            Ok(lines)
        }
    }
}
