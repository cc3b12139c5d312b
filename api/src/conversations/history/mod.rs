//! The history of a conversation: the customer's earlier conversations with the team, on any of its numbers (rule 23).

mod queries;
pub mod routes;

use shared::{
    history::History,
    ids::{ConversationId, MessageId},
};

use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    paging::InvalidCursor,
};

/// Why a page of the history was not returned.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// `before` is not a message of this customer and team.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the page of the history before the message `before`, or the newest page.
///
/// # Errors
/// [`HistoryError`].
pub fn page(
    conn: &mut DbConnection,
    scope: &TeamScope,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<History, HistoryError> {
    let place = queries::place(conn, scope, conversation, before)?;
    let place = place.ok_or(NotFound::new(Resource::Conversation))?;
    if before.is_some() && place.before.is_none() {
        return Err(InvalidCursor.into());
    }
    let mut found = queries::before(conn, &place, limit + 1)?;
    let has_earlier = i64::try_from(found.len()).is_ok_and(|found| found > limit);
    if has_earlier {
        found.pop();
    }
    found.reverse();
    let (items, mut conversations): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    conversations.dedup();
    let next_cursor = items.first().filter(|_| has_earlier).map(|message| message.id.to_string());
    Ok(History { conversations, items, next_cursor })
}
