//! Scheduled messages in the database: their rows in `scheduled_messages`, and the messages themselves. The caller has
//! locked the conversation.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, max},
    prelude::*,
};
use shared::{
    ids::{ConversationId, MessageId},
    message::{Direction, Message, MessageStatus, Sender},
    segments::segments,
};

use crate::{
    db::{
        AsText, DbConnection, DbError, IsScheduled, Timestamp, on_each,
        schema::{messages, scheduled_messages},
    },
    idempotency::RequestKey,
    messages::store::stored_count,
};

/// What is stored about a message that is scheduled or held.
pub(super) struct Scheduled {
    /// When it is due; `None` while it is held.
    pub(super) due_at: Option<DateTime<Utc>>,
    /// The newest message when it was scheduled or last changed.
    pub(super) seen: MessageId,
}

/// Adds a message that has just been stored. All messages until now count as seen.
pub(in crate::conversations) fn insert(
    conn: &mut DbConnection,
    message: &Message,
    due_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (
        scheduled_messages::message_id.eq(message.id.0),
        scheduled_messages::conversation_id.eq(message.conversation_id.0),
        scheduled_messages::due_at.eq(Timestamp(due_at)),
        scheduled_messages::seen_message_id.eq(message.id.0),
    );
    on_each!(conn, |c| diesel::insert_into(scheduled_messages::table).values(values).execute(c))?;
    Ok(())
}

/// Returns the highest id among the messages of a conversation.
pub(super) fn newest(conn: &mut DbConnection, conversation: ConversationId) -> Result<MessageId, DbError> {
    // The sum keeps PostgreSQL from searching the ids of all conversations from the end.
    let id: Option<i64> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .select(max(messages::id + 0_i64))
        .first(c))?;
    Ok(MessageId(id.unwrap_or_default()))
}

/// Returns what is stored about a message, if it is scheduled or held.
pub(super) fn find(conn: &mut DbConnection, id: MessageId) -> Result<Option<Scheduled>, DbError> {
    let row: Option<(Option<Timestamp>, i64)> = on_each!(conn, |c| scheduled_messages::table
        .find(id.0)
        .select((scheduled_messages::due_at, scheduled_messages::seen_message_id))
        .first(c)
        .optional())?;
    Ok(row.map(|(due_at, seen)| Scheduled { due_at: due_at.map(DateTime::from), seen: MessageId(seen) }))
}

/// Returns scheduled messages that are due, oldest first.
pub(super) fn due(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<MessageId>, DbError> {
    let ids: Vec<i64> = on_each!(conn, |c| scheduled_messages::table
        .filter(scheduled_messages::due_at.le(Timestamp(now)))
        .order((scheduled_messages::due_at, scheduled_messages::message_id))
        .limit(limit)
        .select(scheduled_messages::message_id)
        .load(c))?;
    Ok(ids.into_iter().map(MessageId).collect())
}

/// Whether the customer has written since a message was scheduled. Ids are compared, not times: a message that gap
/// repair fetched late counts too, because no agent had seen it.
pub(super) fn is_answered(
    conn: &mut DbConnection,
    conversation: ConversationId,
    seen: MessageId,
) -> Result<bool, DbError> {
    let later = messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::id.gt(seen.0))
        .filter(messages::direction.eq(AsText(Direction::Inbound)));
    Ok(on_each!(conn, |c| diesel::select(exists(later)).get_result(c))?)
}

/// Whether a message of the conversation is held.
pub(super) fn has_held(conn: &mut DbConnection, conversation: ConversationId) -> Result<bool, DbError> {
    let held = scheduled_messages::table
        .filter(scheduled_messages::conversation_id.eq(conversation.0))
        .filter(scheduled_messages::due_at.is_null());
    Ok(on_each!(conn, |c| diesel::select(exists(held)).get_result(c))?)
}

/// Ends the schedule of a message, whose place in the thread is now. Returns `false` if it is neither scheduled nor held:
/// so a message is queued only once.
pub(super) fn take(conn: &mut DbConnection, id: MessageId, now: DateTime<Utc>) -> Result<bool, DbError> {
    on_each!(conn, |c| diesel::delete(scheduled_messages::table.find(id.0)).execute(c))?;
    set_status(conn, id, MessageStatus::Queued, now)
}

/// Holds a scheduled message.
pub(super) fn hold(conn: &mut DbConnection, id: MessageId, now: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(scheduled_messages::table.find(id.0))
        .set(scheduled_messages::due_at.eq(None::<Timestamp>))
        .execute(c))?;
    set_status(conn, id, MessageStatus::Held, now).map(drop)
}

fn set_status(
    conn: &mut DbConnection,
    id: MessageId,
    status: MessageStatus,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let changes = (messages::status.eq(AsText(status)), messages::created_at.eq(Timestamp(now)));
    let scheduled = messages::table.filter(messages::id.eq(id.0)).filter(IsScheduled);
    Ok(on_each!(conn, |c| diesel::update(scheduled).set(changes).execute(c))? > 0)
}

/// Changes a message, which is scheduled again. All messages until now count as seen.
pub(super) fn change(
    conn: &mut DbConnection,
    message: &Message,
    body: &str,
    sender: &Sender,
    send_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let MessageId(seen) = newest(conn, message.conversation_id)?;
    let due =
        (scheduled_messages::due_at.eq(Timestamp(send_at)), scheduled_messages::seen_message_id.eq(seen));
    let counted = segments(body);
    let changes = (
        messages::body.eq(body),
        messages::segments.eq(stored_count(counted.parts)),
        messages::encoding.eq(AsText(counted.encoding)),
        messages::status.eq(AsText(MessageStatus::Scheduled)),
        messages::created_at.eq(Timestamp(send_at)),
        messages::send_at.eq(Timestamp(send_at)),
        messages::sender_kind.eq(AsText(sender.kind)),
        messages::sender_id.eq(sender.id),
        messages::sender_name.eq(&sender.name),
    );
    on_each!(conn, |c| {
        diesel::update(scheduled_messages::table.find(message.id.0)).set(due).execute(c)?;
        diesel::update(messages::table.find(message.id.0)).set(changes).execute(c)
    })?;
    Ok(())
}

/// Deletes a message that is scheduled or held. Returns its idempotency key, if it has one.
pub(super) fn delete(conn: &mut DbConnection, id: MessageId) -> Result<Option<RequestKey>, DbError> {
    on_each!(conn, |c| diesel::delete(scheduled_messages::table.find(id.0)).execute(c))?;
    let scheduled = messages::table.filter(messages::id.eq(id.0)).filter(IsScheduled);
    let deleted: Option<(Option<String>, Option<String>)> = on_each!(conn, |c| diesel::delete(scheduled)
        .returning((messages::idempotency_key, messages::request_digest))
        .get_result(c)
        .optional())?;
    let (key, digest) = deleted.unwrap_or_default();
    Ok(key.zip(digest).map(|(key, digest)| RequestKey { key, digest }))
}

/// Returns the messages of a conversation that are scheduled or held.
pub(super) fn of_conversation(
    conn: &mut DbConnection,
    conversation: ConversationId,
) -> Result<Vec<MessageId>, DbError> {
    let ids: Vec<i64> = on_each!(conn, |c| scheduled_messages::table
        .filter(scheduled_messages::conversation_id.eq(conversation.0))
        .order(scheduled_messages::message_id)
        .select(scheduled_messages::message_id)
        .load(c))?;
    Ok(ids.into_iter().map(MessageId).collect())
}
