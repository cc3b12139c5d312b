//! Messages with their conversations, and early receipts: receipts that arrived before their message's gateway id was
//! known.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text},
};
use shared::{
    conversation::Conversation,
    ids::MessageId,
    message::{Message, MessageStatus},
};

use crate::{
    conversations::queries as conversations,
    db::{
        AsText, DbConnection, DbError, Timestamp, UtcTimestamp,
        cached::FixedSql,
        for_update, on_each,
        schema::{self, early_receipts},
    },
    gateway::failure::FailureCode,
    messages::queries as messages,
};

/// Returns the message with a gateway id and its conversation, and locks both until the transaction ends.
pub(super) fn by_gateway_id_for_update(
    conn: &mut DbConnection,
    gateway_id: &str,
) -> Result<Option<(Message, Conversation)>, DbError> {
    let row: Option<(messages::Row, conversations::Row)> = for_update!(
        conn,
        with_conversation()
            .filter(schema::messages::gateway_id.eq(gateway_id))
            .select((messages::Row::as_select(), conversations::Row::as_select())),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(|(message, conversation)| (message.into(), conversation.into())))
}

/// Returns the message with this id and its conversation, and locks both until the transaction ends.
pub(super) fn by_id_for_update(
    conn: &mut DbConnection,
    id: MessageId,
) -> Result<Option<(Message, Conversation)>, DbError> {
    let row: Option<(messages::Row, conversations::Row)> = for_update!(
        conn,
        with_conversation()
            .filter(schema::messages::id.eq(id.0))
            .select((messages::Row::as_select(), conversations::Row::as_select())),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(|(message, conversation)| (message.into(), conversation.into())))
}

/// PostgreSQL locks the rows in this order: the message, then its conversation.
#[diesel::dsl::auto_type(no_type_alias)]
fn with_conversation() -> _ {
    let of_message = schema::conversations::id.eq(schema::messages::conversation_id);
    schema::messages::table.inner_join(schema::conversations::table.on(of_message))
}

/// Stores a receipt, unless the message is known.
struct InsertEarlyReceipt;
impl FixedSql for InsertEarlyReceipt {
    type Row = ();
    const SQL: &'static str = "INSERT INTO early_receipts (gateway_id, status, error_code, received_at) \
        SELECT {}, {}, {}, {} WHERE NOT EXISTS (SELECT 1 FROM messages WHERE gateway_id = {})";
}

/// Stores a receipt until its message is known. Returns `false` if it is known already.
pub(super) fn insert_early_receipt(
    conn: &mut DbConnection,
    gateway_id: &str,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let gateway_id = gateway_id.into_sql::<Text>();
    let inserted = on_each!(conn, |c| InsertEarlyReceipt::execute(
        c,
        &[
            &gateway_id,
            &AsText(status).into_sql::<Text>(),
            &failure.map(FailureCode::to_string).into_sql::<Nullable<Text>>(),
            &Timestamp(now).into_sql::<UtcTimestamp>(),
            &gateway_id,
        ]
    ))?;
    Ok(inserted > 0)
}

/// A stored receipt: status, why the message failed, time of arrival.
pub(super) type EarlyReceipt = (MessageStatus, Option<FailureCode>, DateTime<Utc>);

/// Removes the receipts of a message and returns them in order of arrival.
pub(super) fn take_early_receipts(
    conn: &mut DbConnection,
    gateway_id: &str,
) -> Result<Vec<EarlyReceipt>, DbError> {
    type Columns = (i64, AsText<MessageStatus>, Option<String>, Timestamp);
    let matching = early_receipts::table.filter(early_receipts::gateway_id.eq(gateway_id));
    let mut rows: Vec<Columns> = on_each!(conn, |c| diesel::delete(matching)
        .returning((
            early_receipts::id,
            early_receipts::status,
            early_receipts::error_code,
            early_receipts::received_at,
        ))
        .get_results(c))?;
    rows.sort_by_key(|(id, ..)| *id);
    let receipt = |(_, AsText(status), code, Timestamp(at)): Columns| {
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
