//! Requests for the queue.

use shared::{
    conversation::{Queue, QueueSection},
    ids::TeamId,
};

use super::{Client, RequestError};

impl Client {
    /// Returns the conversations in progress: a section for each team, with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, RequestError> {
        self.get("/queue").await
    }

    /// Returns a team's section with its first page, if the caller is in the team. The browser sends the entity tag of
    /// the previous response by itself, so an unchanged section costs no content.
    pub(crate) async fn get_queue_section(self, team: TeamId) -> Result<Option<QueueSection>, RequestError> {
        let queue: Queue = self.get(&format!("/queue?team_id={team}")).await?;
        Ok(queue.sections.into_iter().find(|section| section.team.id == team))
    }
}
