//! Dismisses the notice that a conversation shows to agents (`attention`).

use chrono::{DateTime, Utc};
use shared::{ErrorCode, conversation::Attention, event::EventKind, ids::ConversationId};

use super::{conversation::State, queries};
use crate::{auth::TeamScope, db::DbConnection, error::ApiError, events};

/// Dismisses the notice of a conversation. Does nothing if there is none.
///
/// # Errors
/// `not_found`, `conversation_closed`; `number_opted_out` for an opt-out, which stays until the customer opts in again.
pub fn dismiss(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let mut conversation =
        queries::find_for_update(conn, scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))?;
    let state = State::from(&conversation).dismiss_attention().map_err(|_| {
        ApiError::new(ErrorCode::ConversationClosed, "The conversation is closed and cannot be changed.")
    })?;
    let Some(attention) = &conversation.attention else { return Ok(()) };
    if attention.code == Attention::OPTED_OUT {
        let detail = "The customer has opted out. This notice stays until they opt in again.";
        return Err(ApiError::new(ErrorCode::NumberOptedOut, detail));
    }
    queries::update_state(conn, &mut conversation, state)?;
    events::queries::insert(conn, EventKind::AttentionChanged, conversation.team_id, id, None, now)?;
    Ok(())
}
