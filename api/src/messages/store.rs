//! Stores new messages and the progress of their delivery. Each change is stored together with its event.

use chrono::{DateTime, SubsecRound, Utc};
use shared::{
    PhoneNumber,
    conversation::Conversation,
    ids::{AccountId, TemplateId},
    message::{Direction, Message, MessageStatus, Sender},
    segments::{Encoding, segments},
};

use super::media;
use crate::{
    db::{DbConnection, DbError},
    gateway::{failure::FailureCode, media::StoredMedia},
};

mod queries;

pub(crate) use queries::{enqueue, set_gateway_id, update};

/// A message to store.
pub(crate) struct NewMessage<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) sender: &'a Sender,
    pub(crate) body: &'a str,
    pub(crate) media: Vec<StoredMedia>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) template: Option<TemplateId>,
    /// The number to which the outbox sends it. `None` for a message from the customer.
    pub(crate) send_to: Option<&'a PhoneNumber>,
    /// When it is added to the outbox; at once if `None`.
    pub(crate) send_at: Option<DateTime<Utc>>,
    /// The gateway's id. A unique index refuses a second message with the same id.
    pub(crate) gateway_id: Option<&'a str>,
    /// The sender's idempotency key, and the digest of its request.
    pub(crate) idempotency: Option<(&'a str, &'a str)>,
    /// Whether gap repair fetched it because its webhook was lost.
    pub(crate) recovered: bool,
}

/// The fields of an outbound message that change during delivery.
pub(crate) struct Progress<'a> {
    pub(crate) status: MessageStatus,
    pub(crate) failure: Option<&'a FailureCode>,
    pub(crate) sent_at: Option<DateTime<Utc>>,
    pub(crate) delivered_at: Option<DateTime<Utc>>,
    /// The gateway's id, when the gateway has just accepted the message.
    pub(crate) gateway_id: Option<&'a str>,
}

/// Stores a message with its event and, if it is to be sent at once, adds it to the outbox. Returns `None` if its gateway id or
/// idempotency key is already used.
pub(crate) fn insert(
    conn: &mut DbConnection,
    new: &NewMessage<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Message>, DbError> {
    let counted = segments(new.body);
    let (direction, status) = match (new.send_to, new.send_at) {
        (Some(_), None) => (Direction::Outbound, MessageStatus::Queued),
        (Some(_), Some(_)) => (Direction::Outbound, MessageStatus::Scheduled),
        (None, _) => (Direction::Inbound, MessageStatus::Received),
    };
    let segments = stored_count(counted.parts);
    let row = queries::Row { direction, status, segments, encoding: counted.encoding };
    insert_row(conn, new, &row, now)
}

/// Returns the number of segments as it is stored.
pub(crate) fn stored_count(segments: usize) -> i32 {
    i32::try_from(segments).unwrap_or(i32::MAX)
}

/// A note to store.
pub(crate) struct NewNote<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) sender: &'a Sender,
    pub(crate) body: &'a str,
    /// The accounts that it mentions, each once.
    pub(crate) mentions: &'a [AccountId],
    /// The sender's idempotency key, and the digest of its request.
    pub(crate) idempotency: Option<(&'a str, &'a str)>,
}

/// Stores a note with its events, and never adds it to the outbox. Returns `None` if its idempotency key is already
/// used.
pub(crate) fn insert_note(
    conn: &mut DbConnection,
    note: &NewNote<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Message>, DbError> {
    let new = NewMessage {
        conversation: note.conversation,
        sender: note.sender,
        body: note.body,
        media: Vec::new(),
        created_at: now,
        template: None,
        send_to: None,
        send_at: None,
        gateway_id: None,
        idempotency: note.idempotency,
        recovered: false,
    };
    let row = queries::Row {
        direction: Direction::Note,
        status: MessageStatus::Received,
        segments: 0,
        encoding: Encoding::Gsm7,
    };
    let Some(message) = insert_row(conn, &new, &row, now)? else { return Ok(None) };
    for account in note.mentions {
        queries::insert_mention(conn, note.conversation, message.id, *account, now)?;
    }
    Ok(Some(Message { mentions: note.mentions.to_vec(), ..message }))
}

fn insert_row(
    conn: &mut DbConnection,
    new: &NewMessage<'_>,
    row: &queries::Row,
    now: DateTime<Utc>,
) -> Result<Option<Message>, DbError> {
    let id = queries::insert(conn, new, row, now)?;
    Ok(id.map(|id| Message {
        id,
        conversation_id: new.conversation.id,
        direction: row.direction,
        sender: new.sender.clone(),
        body: new.body.to_owned(),
        media: media::to_public(id, new.media.clone()),
        segments: row.segments,
        encoding: row.encoding,
        status: row.status,
        error: None,
        // Both databases store microseconds.
        created_at: new.created_at.trunc_subsecs(6),
        sent_at: None,
        delivered_at: None,
        template_id: new.template,
        recovered: new.recovered,
        mentions: Vec::new(),
        send_at: new.send_at.map(|at| at.trunc_subsecs(6)),
    }))
}
