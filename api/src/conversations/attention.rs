//! Dismisses the notice that a conversation shows to agents (`attention`).

use chrono::{DateTime, Utc};
use shared::{conversation::AttentionCode, event::EventKind, ids::ConversationId};

use super::{
    conversation::{Closed, State, queries::update_state},
    queries,
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    events,
};

/// Why a notice was not dismissed.
#[derive(Debug, thiserror::Error)]
pub enum AttentionError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is closed.
    #[error("The conversation is closed and cannot be changed.")]
    Closed(#[from] Closed),
    /// The notice reports an opt-out, and stays until the opt-in.
    #[error("The customer has opted out. This notice stays until they opt in again.")]
    OptedOut,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Dismisses the notice of a conversation. Does nothing if there is none.
///
/// # Errors
/// [`AttentionError`].
pub fn dismiss(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<(), AttentionError> {
    let found = queries::find_for_update(conn, scope, id)?;
    let mut conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
    let state = State::from(&conversation).dismiss_attention()?;
    let Some(attention) = &conversation.attention else { return Ok(()) };
    if attention.code == AttentionCode::OptedOut {
        return Err(AttentionError::OptedOut);
    }
    update_state(conn, &mut conversation, state)?;
    events::queries::insert(conn, EventKind::AttentionChanged, conversation.team_id, id, None, now)?;
    Ok(())
}
