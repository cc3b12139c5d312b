//! Requests for templates, unrendered and rendered for a conversation or a number.

use gloo_net::http::Method;
use shared::{
    Page, PhoneNumber,
    ids::{ConversationId, TeamId, TemplateId},
    template::{NewTemplate, Placeholder, RenderedTemplate, Template, TemplateChange},
};

use super::{Client, RequestError, client::encoded};

impl Client {
    /// Returns the templates for a conversation, rendered with its values.
    ///
    /// `reference` selects the customer when several customers share the number.
    pub(crate) async fn list_conversation_templates(
        self,
        id: ConversationId,
        reference: Option<&str>,
    ) -> Result<Vec<RenderedTemplate>, RequestError> {
        let query = reference.map(|reference| format!("?ref={}", encoded(reference))).unwrap_or_default();
        let page: Page<RenderedTemplate> = self.get(&format!("/conversations/{id}/templates{query}")).await?;
        Ok(page.items)
    }

    /// Returns the team's templates for starting a conversation, rendered for a number. Without a number, only the
    /// values that do not depend on a customer are filled in.
    pub(crate) async fn list_team_templates(
        self,
        team: TeamId,
        number: Option<&PhoneNumber>,
    ) -> Result<Vec<RenderedTemplate>, RequestError> {
        let number = number.map(|number| format!("number={}", encoded(number.as_str()))).unwrap_or_default();
        self.get_all(&format!("/teams/{team}/templates?{number}")).await
    }

    /// Returns every active or every archived template that the caller can see.
    pub(crate) async fn list_templates(self, archived: bool) -> Result<Vec<Template>, RequestError> {
        self.get_all(&format!("/templates?archived={archived}")).await
    }

    /// Returns the placeholders that a team's templates can use; without a team, those for templates of all teams.
    pub(crate) async fn list_placeholders(
        self,
        team: Option<TeamId>,
    ) -> Result<Vec<Placeholder>, RequestError> {
        let team = team.map(|team| format!("?team_id={team}")).unwrap_or_default();
        self.get_all(&format!("/placeholders{team}")).await
    }

    /// Creates a template.
    pub(crate) async fn create_template(self, template: &NewTemplate) -> Result<(), RequestError> {
        self.write_text(Method::POST, "/templates", template).await.map(drop)
    }

    /// Changes a template's name, text, position or archived state.
    pub(crate) async fn update_template(
        self,
        id: TemplateId,
        change: &TemplateChange,
        version: &str,
    ) -> Result<(), RequestError> {
        self.change(&format!("/templates/{id}"), change, version).await.map(drop)
    }

    /// Deletes a template, or archives it if it was used.
    pub(crate) async fn delete_template(self, id: TemplateId, version: &str) -> Result<(), RequestError> {
        self.delete_version(&format!("/templates/{id}"), version).await
    }
}
