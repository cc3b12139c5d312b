//! Requests for the queue.

use shared::{
    conversation::{Queue, QueueSection},
    ids::TeamId,
};

use super::{Client, RequestError};

/// What a request for a team's section returned.
pub(crate) enum FetchedSection {
    /// The section, with the response's entity tag.
    Changed(QueueSection, Option<String>),
    /// It is as in the response with the known entity tag.
    Unchanged,
    /// The caller is not in the team.
    Missing,
}

impl Client {
    /// Returns the conversations in progress: a section for each team, with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, RequestError> {
        self.get("/queue").await
    }

    /// Returns a team's section with its first page, and the entity tag of the response. An unchanged section costs no
    /// content: `known` is the tag of the response with it.
    pub(crate) async fn get_queue_section(
        self,
        team: TeamId,
        known: Option<&str>,
    ) -> Result<FetchedSection, RequestError> {
        let path = format!("/queue?team_id={team}");
        let Some((queue, etag)) = self.get_changed::<Queue>(&path, known).await? else {
            return Ok(FetchedSection::Unchanged);
        };
        let section = queue.sections.into_iter().find(|section| section.team.id == team);
        Ok(section.map_or(FetchedSection::Missing, |section| FetchedSection::Changed(section, etag)))
    }
}
