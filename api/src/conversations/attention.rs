//! Dismissing what a conversation shows for an agent's attention.

use chrono::{DateTime, Utc};
use shared::{ErrorCode, conversation::Attention, event::EventKind, ids::ConversationId};

use super::{conversation::State, queries};
use crate::{auth::TeamScope, db::DbConnection, error::ApiError, events};

/// Dismisses it; does nothing when the conversation shows nothing.
///
/// # Errors
/// `not_found`, `conversation_closed`; `number_opted_out` for an opt-out, which only the customer's opt-in ends.
pub fn dismiss(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let conversation =
        queries::find_for_update(conn, scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))?;
    let state = State::from(&conversation).dismiss_attention().map_err(|_| {
        ApiError::new(ErrorCode::ConversationClosed, "The conversation is closed and cannot be changed.")
    })?;
    let Some(attention) = conversation.attention else { return Ok(()) };
    if attention.code == Attention::OPTED_OUT {
        let detail = "The customer has opted out. This shows until they opt in again.";
        return Err(ApiError::new(ErrorCode::NumberOptedOut, detail));
    }
    queries::update_state(conn, id, &state)?;
    events::queries::insert(conn, EventKind::AttentionChanged, conversation.team_id, id, None, now)?;
    Ok(())
}
