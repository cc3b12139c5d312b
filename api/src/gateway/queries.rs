//! What we keep of the gateway: receipts that came before the message that they are for, and that it refuses us.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::message::MessageStatus;

use crate::db::{
    DbConnection, DbError, Moment, Words, on_each,
    schema::{early_receipts, gateway_refusals},
};

/// Keeps a receipt until its message is known.
pub(super) fn insert_early_receipt(
    conn: &mut DbConnection,
    gateway_id: &str,
    status: MessageStatus,
    error_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (
        early_receipts::gateway_id.eq(gateway_id),
        early_receipts::status.eq(Words(status)),
        early_receipts::error_code.eq(error_code),
        early_receipts::received_at.eq(Moment(now)),
    );
    on_each!(conn, |c| diesel::insert_into(early_receipts::table).values(values).execute(c))?;
    Ok(())
}

/// A receipt that was kept: the status, the error code, when it came.
pub(super) type EarlyReceipt = (MessageStatus, Option<String>, DateTime<Utc>);

/// Takes out the receipts of a message, in the order in which they came.
pub(super) fn take_early_receipts(
    conn: &mut DbConnection,
    gateway_id: &str,
) -> Result<Vec<EarlyReceipt>, DbError> {
    let mine = early_receipts::table.filter(early_receipts::gateway_id.eq(gateway_id));
    let rows: Vec<(Words<MessageStatus>, Option<String>, Moment)> = on_each!(conn, |c| mine
        .order(early_receipts::id)
        .select((early_receipts::status, early_receipts::error_code, early_receipts::received_at))
        .load(c))?;
    if !rows.is_empty() {
        on_each!(conn, |c| diesel::delete(mine).execute(c))?;
    }
    Ok(rows.into_iter().map(|(Words(status), code, Moment(at))| (status, code, at)).collect())
}

/// Forgets receipts that came before `until`: whatever they are for is not ours.
pub(crate) fn delete_early_receipts(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = early_receipts::table.filter(early_receipts::received_at.le(Moment(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}

/// Since when the gateway has refused our credentials.
pub(super) fn refused_since(conn: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    let since: Option<Moment> =
        on_each!(conn, |c| gateway_refusals::table.select(gateway_refusals::since).first(c).optional())?;
    Ok(since.map(DateTime::from))
}

/// Notes that it refuses them; `false` when that was noted before.
pub(super) fn insert_refusal(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<bool, DbError> {
    let values = (gateway_refusals::id.eq(1), gateway_refusals::since.eq(Moment(now)));
    let inserted = on_each!(conn, |c| diesel::insert_into(gateway_refusals::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Notes that it takes them; `false` when nothing else was noted.
pub(super) fn delete_refusal(conn: &mut DbConnection) -> Result<bool, DbError> {
    let deleted = on_each!(conn, |c| diesel::delete(gateway_refusals::table).execute(c))?;
    Ok(deleted > 0)
}
