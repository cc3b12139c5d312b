//! Requests for the queue.

use shared::conversation::Queue;

use super::{Client, Fault};

impl Client {
    /// Returns the conversations in progress: a section for each team, with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, Fault> {
        self.get("/queue").await
    }
}
