//! Releases scheduled messages when their time comes (rule 22). One transaction checks the message again, with the
//! conversation locked, and queues, holds or fails it. Replicas may release at the same time: the second one finds that
//! the message is not scheduled any more.

use chrono::{DateTime, Utc};
use shared::{
    PhoneNumber,
    conversation::Conversation,
    event::EventKind,
    ids::{AccountId, MessageId},
    message::{Message, MessageStatus, Sender, SenderKind},
};

use super::{end_hold, lock, queries};
use crate::{
    consents::check::has_opted_out,
    conversations::{
        assignment,
        conversation::{State, queries::update_state},
        delivery,
    },
    db::{Db, DbConnection, DbError},
    events,
    gateway::failure::FailureCode,
    messages::store,
};

/// Maximum number of messages that are released before the next ones are read.
const SLICE: i64 = 100;

/// Releases the messages that are due. Returns their number.
///
/// # Errors
/// If the due messages cannot be read. A message that cannot be released is logged, and does not prevent the others.
pub(crate) async fn release_due(db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
    let mut released = 0;
    for id in db.read(move |conn| queries::due(conn, now, SLICE)).await? {
        match db.write(move |conn| release(conn, id, now)).await {
            Ok(is_released) => released += usize::from(is_released),
            Err(error) => tracing::error!(message = %id, %error, "a scheduled message cannot be released"),
        }
    }
    Ok(released)
}

/// Releases a message. Returns `false` if it is not due any more.
fn release(conn: &mut DbConnection, id: MessageId, now: DateTime<Utc>) -> Result<bool, DbError> {
    let Some((message, mut conversation)) = lock(conn, id)? else { return Ok(false) };
    let Some(scheduled) = queries::find(conn, id)? else { return Ok(false) };
    if scheduled.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(false);
    }
    if has_opted_out(conn, &conversation.team_number, &conversation.number)? {
        return fail(conn, &mut conversation, message, &FailureCode::OPTED_OUT, now);
    }
    if queries::is_answered(conn, conversation.id, scheduled.seen)? {
        return hold(conn, &mut conversation, &message, now).map(|()| true);
    }
    let Some(number) = conversation.number.phone() else {
        return fail(conn, &mut conversation, message, &FailureCode::Unspecified, now);
    };
    let author = present_author(conn, &conversation, &message.sender)?;
    enqueue(conn, &mut conversation, &message, &number, &author, now)
}

/// Returns the author, or the system if the author's account cannot answer in the team any more: the conversation is then
/// not assigned to it.
fn present_author(
    conn: &mut DbConnection,
    conversation: &Conversation,
    author: &Sender,
) -> Result<Sender, DbError> {
    let account = author.id.filter(|_| author.kind == SenderKind::Account);
    let Some(account) = account else { return Ok(author.clone()) };
    let found = assignment::queries::assignable(conn, conversation.team_id, AccountId(account))?;
    Ok(match found {
        Some(_) => author.clone(),
        None => Sender { kind: SenderKind::System, id: None, name: None },
    })
}

/// Queues a message for sending, as a reply of `by`. Returns `false` if it is not scheduled any more, or if the
/// conversation is closed.
pub(super) fn enqueue(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    message: &Message,
    number: &PhoneNumber,
    by: &Sender,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Ok(state) = State::from(&*conversation).reply(by, now) else { return Ok(false) };
    if !queries::take(conn, message.id, now)? {
        return Ok(false);
    }
    let after = queries::newest(conn, conversation.id)?;
    store::enqueue(conn, conversation, message.id, number, Some(after), now)?;
    update_state(conn, conversation, state)?;
    end_hold(conn, conversation)?;
    Ok(true)
}

fn fail(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    message: Message,
    code: &FailureCode,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    if !queries::take(conn, message.id, now)? {
        return Ok(false);
    }
    let message = Message { status: MessageStatus::Queued, created_at: now, ..message };
    delivery::advance_in(conn, conversation, message, MessageStatus::Failed, Some(code), now)?;
    Ok(true)
}

fn hold(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    queries::hold(conn, message.id, now)?;
    if let Ok(state) = State::from(&*conversation).hold(now) {
        update_state(conn, conversation, state)?;
    }
    let kind = EventKind::MessageHeld;
    events::queries::insert(conn, kind, conversation.team_id, conversation.id, Some(message.id), now)
}
