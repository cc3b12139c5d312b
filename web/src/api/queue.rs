//! The conversations in progress.

use shared::conversation::Queue;

use super::{Client, Fault};

impl Client {
    /// The conversations in progress: a section per team, each with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, Fault> {
        self.get("/queue").await
    }
}
