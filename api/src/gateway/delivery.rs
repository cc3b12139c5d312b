//! How receipts move a message: late, twice, out of order, or before we know the message at all. A status never goes
//! backwards and the first final one stays; a final failure of the last text gives the conversation back to the agent.

use chrono::{DateTime, Utc};
use shared::{
    conversation::ConversationStatus,
    event::EventKind,
    message::{Message, MessageStatus},
};

use super::{queries, reasons};
use crate::{
    auth::TeamScope,
    consents::{self, record::OPTED_OUT_AT_GATEWAY},
    conversations::{self, conversation::State},
    db::{DbConnection, DbError},
    events,
    messages::queries::{
        Progress, by_gateway_id_for_update, is_last_outbound, set_gateway_id, update_progress,
    },
};

/// What a receipt's `MessageStatus` means here; `None` for words that tell nothing new.
#[must_use]
pub fn status_of(word: &str) -> Option<MessageStatus> {
    match word {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" | "partially_delivered" => {
            Some(MessageStatus::Sent)
        }
        "delivered" | "read" => Some(MessageStatus::Delivered),
        "undelivered" => Some(MessageStatus::Undelivered),
        "failed" | "canceled" => Some(MessageStatus::Failed),
        _ => None,
    }
}

/// Takes a receipt in. One for a message that is not known yet is kept until it is.
///
/// # Errors
/// Only faults of the database.
pub fn receive_receipt(
    conn: &mut DbConnection,
    gateway_id: &str,
    status: MessageStatus,
    error_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    conn.take_turns(gateway_id)?;
    match by_gateway_id_for_update(conn, gateway_id)? {
        Some(message) => advance(conn, message, status, error_code, now).map(drop),
        None => queries::insert_early_receipt(conn, gateway_id, status, error_code, now),
    }
}

/// The gateway has a message, under its own id: it is sent, and what receipts came early counts now.
///
/// # Errors
/// Only faults of the database.
pub fn accepted(
    conn: &mut DbConnection,
    message: Message,
    gateway_id: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    conn.take_turns(gateway_id)?;
    set_gateway_id(conn, message.id, gateway_id)?;
    let mut message = advance(conn, message, MessageStatus::Sent, None, now)?;
    for (status, error_code, at) in queries::take_early_receipts(conn, gateway_id)? {
        message = advance(conn, message, status, error_code.as_deref(), at)?;
    }
    Ok(())
}

/// Moves a message on, if the status may follow, and its conversation with it.
///
/// # Errors
/// Only faults of the database.
pub fn advance(
    conn: &mut DbConnection,
    mut message: Message,
    status: MessageStatus,
    error_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Message, DbError> {
    if !message.status.may_become(status) {
        return Ok(message);
    }
    message.status = status;
    if matches!(status, MessageStatus::Sent | MessageStatus::Delivered) {
        message.sent_at = message.sent_at.or(Some(now));
    }
    if status == MessageStatus::Delivered {
        message.delivered_at = Some(now);
    }
    let error_code = status.is_failure().then(|| error_code.unwrap_or_default());
    let progress =
        Progress { status, error_code, sent_at: message.sent_at, delivered_at: message.delivered_at };
    update_progress(conn, message.id, &progress)?;
    // Receipts name no team: the message that they name is their scope.
    let conversation =
        conversations::queries::find_for_update(conn, &TeamScope::Every, message.conversation_id)?;
    let Some(conversation) = conversation else {
        return Ok(message);
    };
    if let Some(code) = error_code
        && conversation.status != ConversationStatus::Closed
        && is_last_outbound(conn, &message)?
        && let Ok(state) = State::from(&conversation).delivery_failed(reasons::in_plain_words(code), now)
    {
        conversations::queries::update_state(conn, conversation.id, &state)?;
    }
    if error_code == Some(OPTED_OUT_AT_GATEWAY) {
        consents::record::of_gateway(conn, &conversation, message.id, now)?;
    }
    events::queries::insert(
        conn,
        EventKind::MessageStatusChanged,
        conversation.team_id,
        conversation.id,
        Some(message.id),
        now,
    )?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_gateways_means_a_status_or_nothing() {
        use MessageStatus::{Delivered, Failed, Sent, Undelivered};
        // All of Twilio's words, from its message resource.
        for (word, status) in [
            ("accepted", Some(Sent)),
            ("scheduled", Some(Sent)),
            ("queued", Some(Sent)),
            ("sending", Some(Sent)),
            ("sent", Some(Sent)),
            ("partially_delivered", Some(Sent)),
            ("delivered", Some(Delivered)),
            ("read", Some(Delivered)),
            ("undelivered", Some(Undelivered)),
            ("failed", Some(Failed)),
            ("canceled", Some(Failed)),
            ("receiving", None),
            ("received", None),
            ("", None),
            ("Delivered", None),
        ] {
            assert_eq!(status_of(word), status, "{word}");
        }
    }
}
