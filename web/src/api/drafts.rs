//! Requests for unsent messages that the server keeps for all devices of an account. `path` is that of a conversation's
//! or a team's draft.

use gloo_net::http::Method;
use shared::{
    draft::{Draft, DraftedConversations, NewDraft},
    ids::ConversationId,
};

use super::{
    Client, RequestError,
    client::{csrf_token, read, send_beyond_page},
};

impl Client {
    /// Returns the conversations in which the account has an unsent reply.
    pub(crate) async fn list_drafts(self) -> Result<Vec<ConversationId>, RequestError> {
        let drafted: DraftedConversations = self.get("/drafts").await?;
        Ok(drafted.conversation_ids)
    }

    /// Returns a draft, if there is one.
    pub(crate) async fn get_draft(self, path: &str) -> Result<Option<Draft>, RequestError> {
        read_draft(&self.get_text(path).await?)
    }

    /// Stores a draft. Returns `None` if its message was sent already.
    pub(crate) async fn update_draft(
        self,
        path: &str,
        draft: &NewDraft,
    ) -> Result<Option<Draft>, RequestError> {
        read_draft(&self.write_text(Method::PUT, path, draft).await?)
    }

    /// Deletes a draft.
    pub(crate) async fn delete_draft(self, path: &str) -> Result<(), RequestError> {
        self.delete(path).await
    }

    /// Stores or deletes a draft, also while the page is being closed. Does nothing when the account is signed out.
    pub(crate) fn save_draft_beyond_page(self, path: &str, draft: Option<&NewDraft>) {
        let Some(token) = csrf_token() else { return };
        match draft.map(serde_json::to_string) {
            Some(Ok(body)) => send_beyond_page("PUT", path, &token, &body),
            Some(Err(_)) => {}
            None => send_beyond_page("DELETE", path, &token, ""),
        }
    }
}

/// Parses a response that has no body when there is no draft.
fn read_draft(text: &str) -> Result<Option<Draft>, RequestError> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}
