//! Templates, as they stand in one conversation.

use shared::{Page, ids::ConversationId, template::RenderedTemplate};

use super::{Client, Fault};

impl Client {
    /// The templates that are usable in a conversation, with its values filled in.
    pub(crate) async fn list_conversation_templates(
        self,
        id: ConversationId,
    ) -> Result<Vec<RenderedTemplate>, Fault> {
        let page: Page<RenderedTemplate> = self.get(&format!("/conversations/{id}/templates")).await?;
        Ok(page.items)
    }
}
