//! The team's answer to HELP and INFO: a message of the system in the transaction of the customer's message. The
//! conversation still needs an agent, and counts the customer's message as unread.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    conversation::Conversation,
    event::EventKind,
    message::{Direction, MessageStatus, Sender, SenderKind},
};

use crate::{
    consents::record::has_opted_out,
    db::{DbConnection, DbError},
    events,
    messages::queries::{NewMessageRow, insert, is_written_by_system_since},
    outbox, teams,
};

/// How long a conversation gets no second answer, so that two machines never answer each other in a loop.
const PAUSE: TimeDelta = TimeDelta::hours(24);

/// Queues the team's answer, if it has one. A customer who has opted out gets none, nor does a short code or a name,
/// which receives no messages.
pub(super) fn send(
    conn: &mut DbConnection,
    conversation: &Conversation,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(number) = conversation.number.phone() else { return Ok(()) };
    let Some(body) = teams::queries::help_reply(conn, conversation.team_id)? else { return Ok(()) };
    let team_number = &conversation.team_number;
    if has_opted_out(conn, team_number, &conversation.number)?
        || is_written_by_system_since(conn, conversation.id, now - PAUSE)?
    {
        return Ok(());
    }
    let new = NewMessageRow {
        conversation: conversation.id,
        direction: Direction::Outbound,
        sender: &Sender { kind: SenderKind::System, id: None, name: None },
        body: &body,
        media: Vec::new(),
        status: MessageStatus::Queued,
        created_at: now,
        template: None,
        gateway_id: None,
        idempotency: None,
        recovered: false,
    };
    let Some(message) = insert(conn, new)? else { return Ok(()) };
    outbox::queries::insert(conn, message.id, team_number, &number, now)?;
    events::queries::insert(
        conn,
        EventKind::MessageQueued,
        conversation.team_id,
        conversation.id,
        Some(message.id),
        now,
    )
}
