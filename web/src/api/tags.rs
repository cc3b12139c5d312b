//! Requests for tags, and for the tags of a conversation.

use gloo_net::http::Method;
use shared::{
    ids::{ConversationId, TagId, TeamId},
    tag::{ConversationTag, ConversationTags, NewTag, Tag, TagChange},
};

use super::{Client, RequestError};

impl Client {
    /// Returns the tags that the conversations of a team can get.
    pub(crate) async fn list_team_tags(self, team: TeamId) -> Result<Vec<ConversationTag>, RequestError> {
        self.get_all(&format!("/tags?team_id={team}")).await
    }

    /// Replaces the tags of a conversation.
    pub(crate) async fn put_conversation_tags(
        self,
        id: ConversationId,
        tag_ids: Vec<TagId>,
    ) -> Result<(), RequestError> {
        let path = format!("/conversations/{id}/tags");
        self.write_text(Method::PUT, &path, &ConversationTags { tag_ids }).await.map(drop)
    }

    /// Returns every active or every archived tag that the caller can see.
    pub(crate) async fn list_every_tag(self, archived: bool) -> Result<Vec<Tag>, RequestError> {
        self.get_all(&format!("/tags?archived={archived}")).await
    }

    /// Creates a tag.
    pub(crate) async fn create_tag(self, tag: &NewTag) -> Result<(), RequestError> {
        self.write_text(Method::POST, "/tags", tag).await.map(drop)
    }

    /// Changes a tag's name, colour, position or archived state.
    pub(crate) async fn update_tag(
        self,
        id: TagId,
        change: &TagChange,
        version: &str,
    ) -> Result<(), RequestError> {
        self.change(&format!("/tags/{id}"), change, version).await.map(drop)
    }

    /// Deletes a tag, or archives it if conversations have it.
    pub(crate) async fn delete_tag(self, id: TagId, version: &str) -> Result<(), RequestError> {
        self.delete_version(&format!("/tags/{id}"), version).await
    }
}
