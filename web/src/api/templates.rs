//! Templates, as they are kept and as they stand in one conversation.

use gloo_net::http::Method;
use shared::{
    Page, PhoneNumber,
    ids::{ConversationId, TeamId, TemplateId},
    template::{NewTemplate, Placeholder, RenderedTemplate, Template, TemplateChange},
};

use super::{Client, Fault, client::encoded};

impl Client {
    /// The templates that are usable in a conversation, with its values filled in.
    ///
    /// `reference` names the customer whose values they are, where several share the number.
    pub(crate) async fn list_conversation_templates(
        self,
        id: ConversationId,
        reference: Option<&str>,
    ) -> Result<Vec<RenderedTemplate>, Fault> {
        let query = reference.map(|reference| format!("?ref={}", encoded(reference))).unwrap_or_default();
        let page: Page<RenderedTemplate> = self.get(&format!("/conversations/{id}/templates{query}")).await?;
        Ok(page.items)
    }

    /// The templates that a team may write to a number with, with its values filled in; without a number, those that
    /// hold for everybody.
    pub(crate) async fn list_team_templates(
        self,
        team: TeamId,
        number: Option<&PhoneNumber>,
    ) -> Result<Vec<RenderedTemplate>, Fault> {
        let number = number.map(|number| format!("number={}", encoded(number.as_str()))).unwrap_or_default();
        self.get_all(&format!("/teams/{team}/templates?{number}")).await
    }

    /// Every template that one may see: those on offer, or those in the archive.
    pub(crate) async fn list_templates(self, archived: bool) -> Result<Vec<Template>, Fault> {
        self.get_all(&format!("/templates?archived={archived}")).await
    }

    /// The placeholders that a team's templates may use; without a team, those for templates of all teams.
    pub(crate) async fn list_placeholders(self, team: Option<TeamId>) -> Result<Vec<Placeholder>, Fault> {
        let team = team.map(|team| format!("?team_id={team}")).unwrap_or_default();
        self.get_all(&format!("/placeholders{team}")).await
    }

    /// Makes a template.
    pub(crate) async fn create_template(self, template: &NewTemplate) -> Result<(), Fault> {
        self.write_text(Method::POST, "/templates", template).await.map(drop)
    }

    /// Changes a template, its place, or whether it is on offer.
    pub(crate) async fn update_template(self, id: TemplateId, change: &TemplateChange) -> Result<(), Fault> {
        self.write_text(Method::PUT, &format!("/templates/{id}"), change).await.map(drop)
    }

    /// Takes a template away; one that was used goes to the archive.
    pub(crate) async fn delete_template(self, id: TemplateId) -> Result<(), Fault> {
        self.delete(&format!("/templates/{id}")).await
    }
}
