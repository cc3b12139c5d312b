//! Reports what the account does in a conversation.

use gloo_net::http::Method;
use shared::{ids::ConversationId, presence::PresenceReport};

use super::{
    Client, RequestError,
    client::{csrf_token, send_beyond_page},
};

fn path(id: ConversationId) -> String {
    format!("/conversations/{id}/presence")
}

impl Client {
    /// Reports that the account views the conversation or types in it.
    pub(crate) async fn update_presence(
        self,
        id: ConversationId,
        report: &PresenceReport,
    ) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &path(id), report).await.map(drop)
    }

    /// Reports that the tab has left the conversation, also while the page is being closed. Does nothing when the account
    /// is signed out.
    pub(crate) fn leave_conversation(self, id: ConversationId, report: &PresenceReport) {
        if let (Some(token), Ok(body)) = (csrf_token(), serde_json::to_string(report)) {
            send_beyond_page("PUT", &path(id), &token, &body);
        }
    }
}
