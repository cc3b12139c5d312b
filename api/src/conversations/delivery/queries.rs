//! Early receipts: receipts that arrived before their message's gateway id was known.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::message::MessageStatus;

use crate::{
    db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::early_receipts},
    gateway::failure::FailureCode,
};

/// Stores a receipt until its message is known.
pub(super) fn insert_early_receipt(
    conn: &mut DbConnection,
    gateway_id: &str,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (
        early_receipts::gateway_id.eq(gateway_id),
        early_receipts::status.eq(AsText(status)),
        early_receipts::error_code.eq(failure.map(FailureCode::to_string)),
        early_receipts::received_at.eq(Timestamp(now)),
    );
    on_each!(conn, |c| diesel::insert_into(early_receipts::table).values(values).execute(c))?;
    Ok(())
}

/// A stored receipt: status, why the message failed, time of arrival.
pub(super) type EarlyReceipt = (MessageStatus, Option<FailureCode>, DateTime<Utc>);

/// Removes the receipts of a message and returns them in order of arrival.
pub(super) fn take_early_receipts(
    conn: &mut DbConnection,
    gateway_id: &str,
) -> Result<Vec<EarlyReceipt>, DbError> {
    let matching = early_receipts::table.filter(early_receipts::gateway_id.eq(gateway_id));
    let rows: Vec<(AsText<MessageStatus>, Option<String>, Timestamp)> = on_each!(conn, |c| matching
        .order(early_receipts::id)
        .select((early_receipts::status, early_receipts::error_code, early_receipts::received_at))
        .load(c))?;
    if !rows.is_empty() {
        on_each!(conn, |c| diesel::delete(matching).execute(c))?;
    }
    let receipt = |(AsText(status), code, Timestamp(at)): (_, Option<String>, _)| {
        (status, code.as_deref().map(FailureCode::parse), at)
    };
    Ok(rows.into_iter().map(receipt).collect())
}

/// Deletes receipts that arrived at or before `until`: they belong to no message of this server.
pub(crate) fn delete_early_receipts(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = early_receipts::table.filter(early_receipts::received_at.le(Timestamp(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
