//! Requests for the assignment of conversations.

use gloo_net::http::Method;
use shared::{
    Page, account::AccountName, assignment::NewAssignment, conversation::Conversation, ids::ConversationId,
};

use super::{Client, RequestError, client::read};

impl Client {
    /// Assigns a conversation to an account.
    pub(crate) async fn put_assignment(
        self,
        id: ConversationId,
        assignment: &NewAssignment,
    ) -> Result<(), RequestError> {
        let path = format!("/conversations/{id}/assignment");
        self.write_text(Method::PUT, &path, assignment).await.map(drop)
    }

    /// Makes a conversation unassigned, also when a colleague has it.
    pub(crate) async fn delete_assignment(self, id: ConversationId) -> Result<(), RequestError> {
        self.delete(&format!("/conversations/{id}/assignment?force=true")).await
    }

    /// Returns the accounts that a conversation can be assigned to.
    pub(crate) async fn list_assignees(self, id: ConversationId) -> Result<Vec<AccountName>, RequestError> {
        let page: Page<AccountName> = self.get(&format!("/conversations/{id}/assignees")).await?;
        Ok(page.items)
    }

    /// Takes the next waiting conversation after the one that is open. `None` when no other is waiting.
    pub(crate) async fn take_next(
        self,
        after: Option<ConversationId>,
    ) -> Result<Option<ConversationId>, RequestError> {
        // Written by hand, because the code that serializes the request would be in the first download.
        let body = after.map_or_else(|| "{}".to_owned(), |id| format!("{{\"after\":{id}}}"));
        let text = self.send_text(Method::POST, "/queue/next", body).await?;
        if text.is_empty() {
            return Ok(None);
        }
        read::<Conversation>(&text).map(|taken| Some(taken.id))
    }
}
