//! The kept answers in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Kept, RequestKey};
use crate::db::{DbConnection, DbError, Moment, on_each, schema::idempotency_keys};

/// What was kept under a key.
pub(super) fn find(conn: &mut DbConnection, key: &str) -> Result<Option<Kept>, DbError> {
    let row: Option<(String, Option<String>, Moment)> = on_each!(conn, |c| idempotency_keys::table
        .find(key)
        .select((idempotency_keys::digest, idempotency_keys::answer, idempotency_keys::created_at))
        .first(c)
        .optional())?;
    Ok(row.map(|(digest, answer, Moment(created_at))| Kept { digest, answer, created_at }))
}

/// Keeps an answer.
pub(super) fn insert(
    conn: &mut DbConnection,
    request: &RequestKey,
    answer: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (
        idempotency_keys::key.eq(&request.key),
        idempotency_keys::digest.eq(&request.digest),
        idempotency_keys::answer.eq(answer),
        idempotency_keys::created_at.eq(Moment(now)),
    );
    // Taken already: by the same work, which took more than one transaction and ran twice.
    on_each!(conn, |c| diesel::insert_into(idempotency_keys::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Forgets a key.
pub(super) fn delete(conn: &mut DbConnection, key: &str) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(idempotency_keys::table.find(key)).execute(c))?;
    Ok(())
}

/// Forgets what was kept until `until`.
pub(crate) fn delete_until(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.le(Moment(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
