//! Requests for rejected messages.

use shared::{Page, rejected_message::RejectedMessage};

use super::{Client, RequestError, client::encoded};

impl Client {
    /// Returns a page of the messages that could not be stored, newest first.
    pub(crate) async fn list_rejected_messages(
        self,
        cursor: Option<&str>,
    ) -> Result<Page<RejectedMessage>, RequestError> {
        let mut path = "/rejected_messages?limit=50".to_owned();
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(cursor));
        }
        self.get(&path).await
    }
}
