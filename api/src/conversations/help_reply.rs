//! The team's automatic answer to HELP and INFO, queued in the transaction that stores the customer's message. The next
//! action stays `agent`, and the customer's message stays unread.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    conversation::Conversation,
    message::{Sender, SenderKind},
};

use crate::{
    consents::check::has_opted_out,
    db::{DbConnection, DbError},
    messages::{
        queries::is_written_by_system_since,
        store::{self, NewMessage},
    },
    teams,
};

/// Shortest time between two automatic answers in a conversation. It prevents a loop with another automatic system.
const PAUSE: TimeDelta = TimeDelta::hours(24);

/// Queues the team's answer, if the team has one. Does nothing for a customer who has opted out, or for a short code or
/// a name, which cannot receive messages.
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
    let new = NewMessage {
        conversation,
        sender: &Sender { kind: SenderKind::System, id: None, name: None },
        body: &body,
        media: Vec::new(),
        created_at: now,
        template: None,
        send_to: Some(&number),
        send_at: None,
        gateway_id: None,
        idempotency: None,
        recovered: false,
    };
    store::insert(conn, &new, now)?;
    Ok(())
}
