//! Requests for scheduled and held messages.

use gloo_net::http::Method;
use shared::{
    ids::MessageId,
    message::{Message, ScheduledMessageChange, SendNow},
};

use super::{Client, RequestError};

impl Client {
    /// Changes a scheduled or held message, which is then scheduled.
    pub(crate) async fn update_message(
        self,
        id: MessageId,
        change: &ScheduledMessageChange,
    ) -> Result<Message, RequestError> {
        self.write(Method::PUT, &format!("/messages/{id}"), change).await
    }

    /// Cancels a scheduled or held message.
    pub(crate) async fn delete_message(self, id: MessageId) -> Result<(), RequestError> {
        self.delete(&format!("/messages/{id}")).await
    }

    /// Sends a scheduled or held message at once.
    pub(crate) async fn send_message_now(
        self,
        id: MessageId,
        last_seen: MessageId,
        idempotency_key: &str,
    ) -> Result<Message, RequestError> {
        let body = SendNow { last_seen_message_id: Some(last_seen) };
        self.post(&format!("/messages/{id}/send_now"), &body, idempotency_key).await
    }
}
