//! Pages of the messages of a conversation.

use shared::{Page, ids::ConversationId, ids::MessageId, message::Message};

use super::queries;
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::DbConnection,
    messages::queries::newest,
};

/// Returns the page of messages before `before`, or the newest page. Within the page, the oldest message comes first.
/// `next_cursor` is the `before` of the next older page.
///
/// # Errors
/// [`LookupError`].
pub fn page(
    conn: &mut DbConnection,
    scope: &TeamScope,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Page<Message>, LookupError> {
    let mut items = newest(conn, scope, conversation, before, limit + 1)?;
    if items.is_empty() {
        queries::find(conn, scope, conversation)?.ok_or(NotFound::new(Resource::Conversation))?;
    }
    let more = i64::try_from(items.len()).is_ok_and(|found| found > limit);
    if more {
        items.pop();
    }
    items.reverse();
    let next_cursor = items.first().filter(|_| more).map(|message| message.id.to_string());
    Ok(Page { items, next_cursor })
}
