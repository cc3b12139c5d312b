//! Scheduled messages (rule 22). A message with `send_at` is stored as `scheduled` and changes nothing else in its
//! conversation. When its time comes, `release` queues it like a reply, or holds it if the customer has written
//! meanwhile. Until then it can be changed, cancelled and sent at once.
//!
//! Every operation locks the conversation first, as replies and incoming messages do. So they take effect one after the
//! other, and a message is queued only once.

pub(super) mod queries;
pub(crate) mod release;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    conversation::{AttentionCode, Conversation},
    event::EventKind,
    ids::{ConversationId, MessageId},
    message::{Message, MessageBody, Sender},
};

use super::{
    chosen_time::require_time,
    conversation::{State, queries::update_state},
    moved::{Operation, require_seen},
    queries as conversations,
    reply::ReplyError,
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    consents::check::require_consent,
    db::{DbConnection, DbError},
    events,
    idempotency::refuse_later,
    messages::queries as messages,
};

/// Why a scheduled message was not changed, cancelled or sent.
#[derive(Debug, thiserror::Error)]
pub enum ScheduledError {
    /// The message does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The message is neither scheduled nor held.
    #[error("The message is not scheduled: it was sent already, or sending it has failed.")]
    NotScheduled,
    /// A reply would be refused for the same reason.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns a message and its conversation, which it locks until the transaction ends. A scheduled or held message changes
/// only under this lock. The message itself is not locked: receipts lock a message before its conversation.
fn lock(conn: &mut DbConnection, id: MessageId) -> Result<Option<(Message, Conversation)>, DbError> {
    let Some(message) = messages::by_id(conn, id)? else { return Ok(None) };
    let conversation = conversations::of_message_for_update(conn, &message)?;
    let message = messages::by_id(conn, id)?;
    Ok(message.map(|message| (message, conversation)))
}

/// Like [`lock`], for a message of the caller's teams that is scheduled or held.
fn lock_scheduled(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
) -> Result<(Message, Conversation), ScheduledError> {
    let found = lock(conn, id)?.filter(|(_, conversation)| scope.includes(conversation.team_id));
    let found = found.ok_or(NotFound::new(Resource::Message))?;
    if found.0.status.is_scheduled() { Ok(found) } else { Err(ScheduledError::NotScheduled) }
}

/// The change of a scheduled or held message.
#[derive(Clone, Debug)]
pub struct Change {
    /// The new text.
    pub body: MessageBody,
    /// The new time.
    pub send_at: DateTime<Utc>,
    /// The last message that the caller saw.
    pub last_seen: Option<MessageId>,
}

/// Changes a scheduled or held message. It is scheduled again, with the caller as its sender, and the customer's messages
/// until now hold it no longer.
///
/// # Errors
/// [`ScheduledError`].
pub fn change(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
    change: &Change,
    caller: &Sender,
    now: DateTime<Utc>,
) -> Result<Message, ScheduledError> {
    let (message, mut conversation) = lock_scheduled(conn, scope, id)?;
    require_time(change.send_at, now).map_err(ReplyError::from)?;
    require_sendable(conn, &conversation, change.last_seen, caller, Operation::Change)?;
    queries::change(conn, &message, change.body.as_str(), caller, change.send_at)?;
    end_hold(conn, &mut conversation)?;
    insert_event(conn, EventKind::MessageScheduled, &conversation, id, now)?;
    stored(conn, id)
}

/// Cancels a scheduled or held message: it leaves the thread.
///
/// # Errors
/// [`ScheduledError`].
pub fn cancel(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<(), ScheduledError> {
    let (_, mut conversation) = lock_scheduled(conn, scope, id)?;
    delete(conn, &conversation, id, now)?;
    end_hold(conn, &mut conversation)?;
    Ok(())
}

/// Cancels the scheduled and held messages of a conversation that is about to be closed. Returns their number.
pub(super) fn cancel_all(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    now: DateTime<Utc>,
) -> Result<i32, DbError> {
    let ids = queries::of_conversation(conn, conversation.id)?;
    for id in &ids {
        delete(conn, conversation, *id, now)?;
    }
    end_hold(conn, conversation)?;
    Ok(i32::try_from(ids.len()).unwrap_or(i32::MAX))
}

/// Deletes a message. A request with its idempotency key that is repeated late must not schedule it again.
fn delete(
    conn: &mut DbConnection,
    conversation: &Conversation,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if let Some(key) = queries::delete(conn, id)? {
        refuse_later(conn, &key, now)?;
    }
    insert_event(conn, EventKind::MessageCancelled, conversation, id, now)
}

/// Sends a scheduled or held message at once. It is checked like a reply of the caller.
///
/// # Errors
/// [`ScheduledError`].
pub fn send_now(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
    last_seen: Option<MessageId>,
    caller: &Sender,
    now: DateTime<Utc>,
) -> Result<Message, ScheduledError> {
    let (message, mut conversation) = lock_scheduled(conn, scope, id)?;
    let number = conversation.number.phone();
    let number = number.ok_or_else(|| ReplyError::NotReachable(conversation.number.clone()))?;
    require_sendable(conn, &conversation, last_seen, caller, Operation::Reply)?;
    if !release::enqueue(conn, &mut conversation, &message, &number, caller, now)? {
        return Err(ScheduledError::NotScheduled);
    }
    stored(conn, id)
}

/// Checks what a reply is checked for: consent, and that the caller has seen the last message.
fn require_sendable(
    conn: &mut DbConnection,
    conversation: &Conversation,
    last_seen: Option<MessageId>,
    caller: &Sender,
    operation: Operation,
) -> Result<(), ReplyError> {
    require_consent(conn, &conversation.team_number, &conversation.number)?;
    Ok(require_seen(conn, conversation.id, last_seen, caller, operation)?)
}

/// Removes the notice about a held message, if none is held any more.
fn end_hold(conn: &mut DbConnection, conversation: &mut Conversation) -> Result<(), DbError> {
    let has_notice = |conversation: &Conversation| {
        conversation.attention.as_ref().is_some_and(|notice| notice.code == AttentionCode::MessageHeld)
    };
    if !has_notice(conversation) || queries::has_held(conn, conversation.id)? {
        return Ok(());
    }
    match State::from(&*conversation).end_hold() {
        Ok(state) => update_state(conn, conversation, state),
        Err(_) => Ok(()),
    }
}

fn insert_event(
    conn: &mut DbConnection,
    kind: EventKind,
    Conversation { id: conversation, team_id, .. }: &Conversation,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (team, conversation): (_, ConversationId) = (*team_id, *conversation);
    events::queries::insert(conn, kind, team, conversation, Some(message), now)
}

/// Returns a message as it is stored.
fn stored(conn: &mut DbConnection, id: MessageId) -> Result<Message, ScheduledError> {
    Ok(messages::by_id(conn, id)?.ok_or(NotFound::new(Resource::Message))?)
}
