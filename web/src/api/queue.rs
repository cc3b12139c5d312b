//! Requests for the queue.

use shared::conversation::Queue;

use super::{Client, RequestError};

impl Client {
    /// Returns the conversations in progress: a section for each team, with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, RequestError> {
        self.get("/queue").await
    }
}
