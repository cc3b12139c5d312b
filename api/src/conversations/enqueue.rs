//! Queues an outbound message of a conversation: the outbox row and the event.

use chrono::{DateTime, Utc};
use shared::{PhoneNumber, conversation::Conversation, event::EventKind, ids::MessageId};

use crate::{
    db::{DbConnection, DbError},
    events, messages,
};

/// Queues a stored message for sending to `number`.
pub(super) fn enqueue(
    conn: &mut DbConnection,
    conversation: &Conversation,
    message: MessageId,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    messages::queries::enqueue(conn, message, &conversation.team_number, number, now)?;
    events::queries::insert(
        conn,
        EventKind::MessageQueued,
        conversation.team_id,
        conversation.id,
        Some(message),
        now,
    )
}
