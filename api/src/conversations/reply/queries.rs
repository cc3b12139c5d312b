//! What a reply is checked against, in one statement.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{
    consent::ConsentState,
    conversation::Conversation,
    ids::MessageId,
    message::{Direction, SenderKind},
};

use crate::{
    consents::queries::last_state,
    db::{
        AsText, DbConnection, DbError, IsScheduled, on_each,
        schema::{idempotency_keys, messages},
    },
};

/// What may prevent a reply. Each is rare, so that its details are read only when it is the case.
pub(super) struct Obstacles {
    /// A request with the idempotency key may have been answered before.
    pub(super) is_key_used: bool,
    /// The customer has opted out.
    pub(super) has_opted_out: bool,
    /// Messages were written after the last one that the caller saw, perhaps by the caller.
    pub(super) has_later_messages: bool,
}

/// Returns what may prevent a reply. The caller has locked the conversation. This statement is separate from the lock,
/// because PostgreSQL shows it what was committed while the lock was awaited.
pub(super) fn obstacles(
    conn: &mut DbConnection,
    conversation: &Conversation,
    key: Option<&str>,
    last_seen: Option<MessageId>,
) -> Result<Obstacles, DbError> {
    let later = messages::table
        .filter(messages::conversation_id.eq(conversation.id.0))
        .filter(messages::id.gt(last_seen.map_or(i64::MAX, |id| id.0)))
        .filter(messages::sender_kind.ne(AsText(SenderKind::System)))
        .filter(messages::direction.ne(AsText(Direction::Note)))
        .filter(not(IsScheduled));
    let (is_message, is_answer, consent, has_later_messages): (
        bool,
        bool,
        Option<AsText<ConsentState>>,
        bool,
    ) = on_each!(conn, |c| diesel::select((
        exists(messages::table.filter(messages::idempotency_key.eq(key))),
        exists(idempotency_keys::table.filter(idempotency_keys::key.nullable().eq(key))),
        last_state(conversation.team_number.as_str(), conversation.number.as_str()),
        exists(later),
    ))
    .get_result(c))?;
    Ok(Obstacles {
        is_key_used: is_message || is_answer,
        has_opted_out: consent.is_some_and(|AsText(state)| state == ConsentState::OptedOut),
        has_later_messages,
    })
}
