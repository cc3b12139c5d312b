//! Requests for snoozes.

use gloo_net::http::Method;
use shared::{ids::ConversationId, snooze::NewSnooze};

use super::{Client, RequestError};

impl Client {
    /// Snoozes a conversation, or changes its snooze.
    pub(crate) async fn put_snooze(self, id: ConversationId, snooze: &NewSnooze) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &format!("/conversations/{id}/snooze"), snooze).await.map(drop)
    }

    /// Returns a snoozed conversation to the queue.
    pub(crate) async fn delete_snooze(self, id: ConversationId) -> Result<(), RequestError> {
        self.delete(&format!("/conversations/{id}/snooze")).await
    }
}
