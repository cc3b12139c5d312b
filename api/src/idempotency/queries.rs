//! Stored answers in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{RequestKey, StoredAnswer};
use crate::db::{DbConnection, DbError, Timestamp, on_each, schema::idempotency_keys};

/// Returns the answer stored under a key.
pub(super) fn find(conn: &mut DbConnection, key: &str) -> Result<Option<StoredAnswer>, DbError> {
    let row: Option<(String, Option<String>, Timestamp)> = on_each!(conn, |c| idempotency_keys::table
        .find(key)
        .select((idempotency_keys::digest, idempotency_keys::answer, idempotency_keys::created_at))
        .first(c)
        .optional())?;
    Ok(row.map(|(digest, answer, Timestamp(created_at))| StoredAnswer { digest, answer, created_at }))
}

/// Stores an answer.
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
        idempotency_keys::created_at.eq(Timestamp(now)),
    );
    // A conflict means that work of more than one transaction ran twice. The first answer stays.
    on_each!(conn, |c| diesel::insert_into(idempotency_keys::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Deletes a key.
pub(super) fn delete(conn: &mut DbConnection, key: &str) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(idempotency_keys::table.find(key)).execute(c))?;
    Ok(())
}

/// Deletes the keys created until `until`.
pub(crate) fn delete_until(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.le(Timestamp(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
