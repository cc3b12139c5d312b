//! The table `gateway_refusals`: one row while the gateway refuses our credentials, otherwise none.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::{DbConnection, DbError, Timestamp, on_each, schema::gateway_refusals};

/// Returns since when the gateway has refused our credentials.
pub(super) fn refused_since(conn: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    let since: Option<Timestamp> =
        on_each!(conn, |c| gateway_refusals::table.select(gateway_refusals::since).first(c).optional())?;
    Ok(since.map(DateTime::from))
}

/// Records the refusal. Returns `false` when it was already recorded.
pub(super) fn insert_refusal(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<bool, DbError> {
    let values = (gateway_refusals::id.eq(1), gateway_refusals::since.eq(Timestamp(now)));
    let inserted = on_each!(conn, |c| diesel::insert_into(gateway_refusals::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Deletes the record. Returns `false` when there was none.
pub(super) fn delete_refusal(conn: &mut DbConnection) -> Result<bool, DbError> {
    let deleted = on_each!(conn, |c| diesel::delete(gateway_refusals::table).execute(c))?;
    Ok(deleted > 0)
}
