//! Receipts that came before the message that they are for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::message::MessageStatus;

use crate::db::{DbConnection, DbError, Moment, Words, on_each, schema::early_receipts};

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
