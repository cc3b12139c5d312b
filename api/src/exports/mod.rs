//! Exports: the messages and conversations of a period. The same query answers the list on the screen, page by page, and
//! the files in CSV and NDJSON.

mod problems;
mod queries;
pub mod routes;
mod rows;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::Page;

use crate::{
    auth::TeamScope,
    db::{DbConnection, DbError},
    paging::{encode_cursor, is_storable, storable_time},
    row_stream::{Row, SLICE, Slice},
};

/// Maximum number of slices that are read for a page of the list. The rows of other teams do not count for a page, so a page
/// of a small team can be shorter than its limit and still have a next one.
const SLICES_OF_PAGE: usize = 50;

/// A period that cannot be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// It does not end after its beginning.
    #[error("The period ends before it begins. Send a time in `to` that is after `from`.")]
    Empty,
    /// A time cannot be stored.
    #[error("Send times between the years 0 and 9999.")]
    OutOfRange,
}

/// The rows that an export has.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) scope: TeamScope,
    /// The beginning, which belongs to the period, and the end, which does not.
    pub(crate) period: (DateTime<Utc>, DateTime<Utc>),
}

/// The last row that was read, perhaps of another team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    #[serde(deserialize_with = "storable_time")]
    at: DateTime<Utc>,
    id: i64,
}

/// A kind of rows that can be exported.
pub(crate) trait Exported: Row {
    /// The name of the file.
    const NAME: &'static str;

    /// Reads up to `limit` rows of all teams, and returns those of the selection.
    fn slice(
        conn: &mut DbConnection,
        selection: &Selection,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Slice<Self, Cursor>, DbError>
    where
        Self: Sized;

    /// The place of the row.
    fn cursor(&self) -> Cursor;
}

/// Checks a period. It ends now if it has no end.
///
/// # Errors
/// [`InvalidPeriod`].
pub(crate) fn period(
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), InvalidPeriod> {
    let to = to.unwrap_or(now);
    if !is_storable(from) || !is_storable(to) {
        return Err(InvalidPeriod::OutOfRange);
    }
    if from < to { Ok((from, to)) } else { Err(InvalidPeriod::Empty) }
}

/// Returns a page of the list.
///
/// # Errors
/// Database errors.
pub(crate) fn page<T: Exported>(
    conn: &mut DbConnection,
    selection: &Selection,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<T>, DbError> {
    let (mut items, mut next) = (Vec::new(), after);
    // The first slice is enough unless it has rows of other teams.
    let mut size = i64::try_from(limit).unwrap_or(SLICE) + 1;
    for _ in 0..SLICES_OF_PAGE {
        let slice = T::slice(conn, selection, next.as_ref(), size)?;
        (next, size) = (slice.next, SLICE);
        items.extend(slice.rows);
        if items.len() > limit || next.is_none() {
            break;
        }
    }
    if items.len() > limit {
        items.truncate(limit);
        next = items.last().map(Exported::cursor);
    }
    Ok(Page { items, next_cursor: next.and_then(|next| encode_cursor(&next)) })
}
