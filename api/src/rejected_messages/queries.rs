//! Rejected messages in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::RejectedMessageId,
    rejected_message::{RejectedMessage, RejectionReason},
};

use super::record::Rejection;
use crate::db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::rejected_messages};

#[derive(Queryable, Selectable)]
#[diesel(table_name = rejected_messages)]
struct Row {
    id: i64,
    gateway_id: Option<String>,
    sender: Option<String>,
    recipient: Option<String>,
    reason: AsText<RejectionReason>,
    recovered: bool,
    received_at: Timestamp,
}

impl From<Row> for RejectedMessage {
    fn from(row: Row) -> Self {
        Self {
            id: RejectedMessageId(row.id),
            gateway_id: row.gateway_id,
            from: row.sender,
            to: row.recipient,
            reason: row.reason.0,
            text: row.reason.0.text().to_owned(),
            recovered: row.recovered,
            received_at: row.received_at.0,
        }
    }
}

/// Returns a reason's name in the database, in JSON and in metrics.
pub(super) const fn word(reason: RejectionReason) -> &'static str {
    match reason {
        RejectionReason::MissingId => "missing_id",
        RejectionReason::MissingSender => "missing_sender",
        RejectionReason::InvalidSender => "invalid_sender",
        RejectionReason::OtherChannel => "other_channel",
        RejectionReason::MissingRecipient => "missing_recipient",
        RejectionReason::UnknownRecipient => "unknown_recipient",
    }
}

/// Stores a rejection. Returns `false` if the message already has one.
pub(super) fn insert(conn: &mut DbConnection, new: &Rejection, now: DateTime<Utc>) -> Result<bool, DbError> {
    let values = (
        rejected_messages::gateway_id.eq(&new.gateway_id),
        rejected_messages::sender.eq(&new.from),
        rejected_messages::recipient.eq(&new.to),
        rejected_messages::reason.eq(word(new.reason)),
        rejected_messages::recovered.eq(new.recovered),
        rejected_messages::received_at.eq(Timestamp(now)),
    );
    let inserted = on_each!(conn, |c| diesel::insert_into(rejected_messages::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Returns rejections, newest first, from before the rejection `before`.
pub(super) fn list(
    conn: &mut DbConnection,
    before: Option<RejectedMessageId>,
    limit: i64,
) -> Result<Vec<RejectedMessage>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| rejected_messages::table
        .filter(rejected_messages::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(rejected_messages::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(RejectedMessage::from).collect())
}

/// Deletes the rejection of a message that was stored later.
pub(crate) fn delete(conn: &mut DbConnection, gateway_id: &str) -> Result<(), DbError> {
    let rejection = rejected_messages::table.filter(rejected_messages::gateway_id.eq(gateway_id));
    on_each!(conn, |c| diesel::delete(rejection).execute(c))?;
    Ok(())
}

/// Deletes rejections received until a time.
pub(crate) fn delete_until(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    let old = rejected_messages::table.filter(rejected_messages::received_at.le(Timestamp(until)));
    on_each!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
