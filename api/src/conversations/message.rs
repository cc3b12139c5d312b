//! The messages of a conversation, page by page.

use shared::{Page, ids::ConversationId, ids::MessageId, message::Message};

use super::queries;
use crate::{auth::TeamScope, db::DbConnection, error::ApiError, messages::queries::newest};

/// A page of a conversation's messages: the newest page first, oldest first within the page. `next_cursor` is the id
/// to pass as `before` for the page before it.
pub fn page(
    conn: &mut DbConnection,
    scope: &TeamScope,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Page<Message>, ApiError> {
    queries::find(conn, scope, conversation)?.ok_or_else(|| ApiError::not_found("conversation"))?;
    let mut items = newest(conn, conversation, before, limit + 1)?;
    let more = i64::try_from(items.len()).is_ok_and(|found| found > limit);
    if more {
        items.pop();
    }
    items.reverse();
    let next_cursor = items.first().filter(|_| more).map(|message| message.id.to_string());
    Ok(Page { items, next_cursor })
}
