//! Applies delivery receipts to messages. Receipts can arrive late, twice, out of order, or before the message's
//! gateway id is known. A status never moves backwards, and the first final status stays. When the last outbound
//! message of an open conversation fails, the next action becomes `agent`.

use chrono::{DateTime, Utc};
use shared::{
    conversation::{Conversation, ConversationStatus},
    ids::MessageId,
    message::{Message, MessageStatus},
};

pub(crate) mod queries;

use super::{
    consent,
    conversation::{State, queries::update_state},
    queries as conversations,
};
use crate::{
    db::{DbConnection, DbError, Lock},
    gateway::failure::FailureCode,
    messages::{
        queries::is_last_outbound,
        store::{self, Progress},
    },
};

/// Applies a receipt. Stores a receipt with an unknown gateway id until [`accepted`] reports that id.
///
/// # Errors
/// Only database errors.
pub fn receive_receipt(
    conn: &mut DbConnection,
    gateway_id: &str,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if let Some((message, mut conversation)) = queries::by_gateway_id_for_update(conn, gateway_id)? {
        return advance_in(conn, &mut conversation, message, status, failure, now).map(drop);
    }
    conn.advisory_lock(Lock::GatewayId(gateway_id))?;
    if queries::insert_early_receipt(conn, gateway_id, status, failure, now)? {
        return Ok(());
    }
    // The gateway's id was stored while the lock was awaited.
    match queries::by_gateway_id_for_update(conn, gateway_id)? {
        Some((message, mut conversation)) => {
            advance_in(conn, &mut conversation, message, status, failure, now).map(drop)
        }
        None => Ok(()),
    }
}

/// Records that the gateway has accepted a message under `gateway_id`, and applies the receipts that arrived before.
///
/// # Errors
/// Only database errors.
pub fn accepted(
    conn: &mut DbConnection,
    message: MessageId,
    gateway_id: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    conn.advisory_lock(Lock::GatewayId(gateway_id))?;
    let Some((mut message, mut conversation)) = queries::by_id_for_update(conn, message)? else {
        return Ok(());
    };
    let status = MessageStatus::Sent;
    if message.status.may_become(status) {
        message = apply(conn, &mut conversation, message, status, None, Some(gateway_id), now)?;
    } else {
        store::set_gateway_id(conn, message.id, gateway_id)?;
    }
    for (status, failure, at) in queries::take_early_receipts(conn, gateway_id)? {
        message = advance_in(conn, &mut conversation, message, status, failure.as_ref(), at)?;
    }
    Ok(())
}

/// Records that a message was finally not sent.
///
/// # Errors
/// Only database errors.
pub fn failed(
    conn: &mut DbConnection,
    message: MessageId,
    failure: &FailureCode,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match queries::by_id_for_update(conn, message)? {
        Some((message, mut conversation)) => {
            let status = MessageStatus::Failed;
            advance_in(conn, &mut conversation, message, status, Some(failure), now).map(drop)
        }
        None => Ok(()),
    }
}

/// Sets the status of a locked message, and updates its conversation. Does nothing when the status may not follow the
/// present one.
///
/// # Errors
/// Only database errors.
pub(super) fn advance(
    conn: &mut DbConnection,
    message: Message,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    now: DateTime<Utc>,
) -> Result<Message, DbError> {
    if !message.status.may_become(status) {
        return Ok(message);
    }
    let mut conversation = conversations::of_message_for_update(conn, &message)?;
    advance_in(conn, &mut conversation, message, status, failure, now)
}

/// Like [`advance`], for a caller that holds the lock on the message's conversation.
pub(super) fn advance_in(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    message: Message,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    now: DateTime<Utc>,
) -> Result<Message, DbError> {
    if !message.status.may_become(status) {
        return Ok(message);
    }
    apply(conn, conversation, message, status, failure, None, now)
}

/// Sets a status that may follow the present one, and the gateway's id if it is given.
fn apply(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    mut message: Message,
    status: MessageStatus,
    failure: Option<&FailureCode>,
    gateway_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Message, DbError> {
    message.status = status;
    if matches!(status, MessageStatus::Sent | MessageStatus::Delivered) {
        message.sent_at = message.sent_at.or(Some(now));
    }
    if status == MessageStatus::Delivered {
        message.delivered_at = Some(now);
    }
    let failure = status.is_failure().then(|| failure.unwrap_or(&FailureCode::Unspecified));
    let (sent_at, delivered_at) = (message.sent_at, message.delivered_at);
    let progress = Progress { status, failure, sent_at, delivered_at, gateway_id };
    store::update(conn, conversation, message.id, &progress, now)?;
    if let Some(failure) = failure
        && conversation.status != ConversationStatus::Closed
        && is_last_outbound(conn, &message)?
        && let Ok(state) = State::from(&*conversation).delivery_failed(failure.explanation(), now)
    {
        update_state(conn, conversation, state)?;
    }
    if failure.is_some_and(FailureCode::records_opt_out) {
        consent::record_gateway_opt_out(conn, conversation, message.id, now)?;
    }
    Ok(message)
}
