//! The tags of a conversation (rule 19). The [catalogue](crate::tags) has the tags that agents choose from.

pub(crate) mod queries;
pub mod routes;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use shared::{event::EventKind, ids::ConversationId, ids::TagId};

use super::{
    conversation::{Closed, State},
    queries as conversations,
};
use crate::{
    auth::{Caller, NotFound, Resource},
    catalogue,
    db::{DbConnection, DbError},
    events, tags,
};

/// Why the tags of a conversation were not changed.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is closed.
    #[error("The conversation is closed and cannot be changed.")]
    Closed(#[from] Closed),
    /// The team cannot use a tag.
    #[error("The team cannot use the tag {0}. Choose from the tags of GET /tags.")]
    UnknownTag(TagId),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Replaces the tags of a conversation. An archived tag can stay, but not be added.
///
/// # Errors
/// [`TagError`].
pub fn replace(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    wanted: &[TagId],
    now: DateTime<Utc>,
) -> Result<(), TagError> {
    let found = conversations::find_for_update(conn, &caller.scope, id)?;
    let conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
    State::from(&conversation).require_live()?;
    // A statement of its own: on PostgreSQL, the one that waits for the lock does not see what is committed meanwhile.
    let before = queries::ids(conn, id)?;
    let after: BTreeSet<TagId> = wanted.iter().copied().collect();
    if before == after {
        return Ok(());
    }
    let added: Vec<TagId> = after.difference(&before).copied().collect();
    let known = tags::queries::with_ids(conn, &added)?;
    let is_usable =
        |id: &TagId| known.iter().any(|tag| tag.id == *id && catalogue::is_usable(tag, conversation.team_id));
    if let Some(unknown) = added.iter().find(|id| !is_usable(id)) {
        return Err(TagError::UnknownTag(*unknown));
    }
    let removed: Vec<TagId> = before.difference(&after).copied().collect();
    queries::remove(conn, id, &removed)?;
    queries::add(conn, id, &added)?;
    let (kind, team, by) = (EventKind::TagsChanged, conversation.team_id, caller.account_id());
    Ok(events::queries::insert_with_account(conn, kind, team, id, None, by, now)?)
}
