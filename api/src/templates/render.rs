//! Fills placeholders in. A placeholder without a value stays as it is, is named as missing, and so is never sent
//! blank. Values are put in as they are: a value that looks like a placeholder is not filled in again.

use shared::{
    conversation::Conversation,
    customer::CustomerKeyData,
    template::{RenderedTemplate, Template},
};

/// Where the values of a conversation's placeholders come from.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The conversation, for `{{ref}}`, `{{name}}` and `{{number}}`.
    pub conversation: &'a Conversation,
    /// The customer in the current daily file, for the same and for key data columns.
    pub customer: Option<&'a CustomerKeyData>,
    /// The agent's name, for `{{agent}}`.
    pub agent: &'a str,
    /// The team's name, for `{{team}}`.
    pub team: &'a str,
}

impl Values<'_> {
    /// The value of a placeholder; names are matched in any case.
    fn of(&self, placeholder: &str) -> Option<String> {
        let customer = self.customer;
        let value = match placeholder.to_lowercase().as_str() {
            "name" => customer.map(|c| c.name.clone()).or_else(|| self.conversation.name.clone()),
            "ref" => customer.map(|c| c.reference.clone()).or_else(|| self.conversation.reference.clone()),
            "number" => Some(self.conversation.number.display()),
            "agent" => Some(self.agent.to_owned()),
            "team" => Some(self.team.to_owned()),
            column => customer.and_then(|c| {
                let field = c.fields.iter().find(|field| field.name.to_lowercase() == column)?;
                Some(field.value.clone())
            }),
        };
        value.filter(|value| !value.trim().is_empty())
    }
}

/// Renders a template.
#[must_use]
pub fn render(template: Template, values: &Values<'_>) -> RenderedTemplate {
    let mut rendered = String::with_capacity(template.body.len());
    let mut missing: Vec<String> = Vec::new();
    let mut rest = template.body.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, tail)) = after.split_once("}}") else {
            break;
        };
        // `{{{{name}}` opens twice: the innermost pair is the placeholder, as in `shared::template::placeholders`.
        let (stray, placeholder) = inside.rsplit_once("{{").unwrap_or(("", inside));
        rendered.push_str(before);
        if placeholder.len() < inside.len() {
            rendered.push_str("{{");
            rendered.push_str(stray);
        }
        let name = placeholder.trim();
        match values.of(name) {
            Some(value) => rendered.push_str(&value),
            None => {
                rendered.push_str("{{");
                rendered.push_str(placeholder);
                rendered.push_str("}}");
                if !name.is_empty() && !missing.iter().any(|known| known == name) {
                    missing.push(name.to_owned());
                }
            }
        }
        rest = tail;
    }
    rendered.push_str(rest);
    RenderedTemplate { id: template.id, name: template.name, body: template.body, rendered, missing }
}
