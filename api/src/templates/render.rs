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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shared::{
        conversation::{ConversationStatus, NextAction, Origin},
        customer::Field,
        ids::{ConversationId, TeamId, TemplateId},
        template::placeholders,
    };

    use super::*;

    fn conversation() -> Conversation {
        Conversation {
            id: ConversationId(1),
            team_id: TeamId(1),
            team_number: "+447700900001".parse().unwrap(),
            number: "+447700900123".parse().unwrap(),
            reference: Some("A-1".into()),
            name: Some("Maria".into()),
            status: ConversationStatus::Open,
            origin: Origin::Inbound,
            next_action: Some(NextAction::Agent),
            waiting_since: DateTime::UNIX_EPOCH,
            last_message_at: None,
            attention: None,
            opened_at: DateTime::UNIX_EPOCH,
            closed_at: None,
            closed_by: None,
            closure_reason: None,
            previous_id: None,
            unread: 0,
        }
    }

    fn customer() -> CustomerKeyData {
        let fields = [("Balance", "GBP 1"), ("Due date", " "), ("name", "a column called name")];
        CustomerKeyData {
            reference: "A-2".into(),
            name: "Maria Jones".into(),
            fields: fields.map(|(name, value)| Field { name: name.into(), value: value.into() }).into(),
        }
    }

    /// The text, and what is missing.
    fn rendered(body: &str, customer: Option<&CustomerKeyData>) -> (String, Vec<String>) {
        let template = Template { id: TemplateId(1), team_id: None, name: "T".into(), body: body.into() };
        let conversation = conversation();
        let values = Values { conversation: &conversation, customer, agent: "Ann", team: "Support" };
        let rendered = render(template, &values);
        assert_eq!(rendered.body, body);
        (rendered.rendered, rendered.missing)
    }

    #[test]
    fn the_current_file_goes_before_what_the_conversation_has_kept() {
        let body = "{{ref}} {{name}} {{number}} {{agent}} {{team}}";
        assert_eq!(rendered(body, None).0, "A-1 Maria +44 7700 900123 Ann Support");
        assert_eq!(rendered(body, Some(&customer())).0, "A-2 Maria Jones +44 7700 900123 Ann Support");
    }

    #[test]
    fn names_are_matched_in_any_case_and_with_spaces_around() {
        assert_eq!(rendered("{{ NAME }}/{{bAlAnCe}}", Some(&customer())).0, "Maria Jones/GBP 1");
    }

    #[test]
    fn what_has_no_value_or_a_blank_one_stays_and_is_missing_once() {
        let (text, missing) = rendered("{{Due date}} {{ nothing }} {{Due date}}", Some(&customer()));
        assert_eq!(text, "{{Due date}} {{ nothing }} {{Due date}}");
        assert_eq!(missing, ["Due date", "nothing"]);
        assert_eq!(rendered("{{balance}}", None).1, ["balance"]);
    }

    #[test]
    fn what_is_no_placeholder_stays_as_it_is() {
        for body in ["", "{name}", "{{}}", "{{ }}", "{{name", "name}}", "}}{{", "100 % {"] {
            assert_eq!(rendered(body, Some(&customer())), (body.to_owned(), Vec::new()), "{body}");
        }
        assert_eq!(rendered("{{{{name}}}}", Some(&customer())).0, "{{Maria Jones}}");
    }

    #[test]
    fn what_is_missing_is_what_sending_would_refuse() {
        for body in
            ["Hi {{name}}", "{{a}} {{b}} {{a}}", "{{{{a}} {{", "{{ c d }}{{}}", "{{Balance}}{{due date}}"]
        {
            let (text, missing) = rendered(body, Some(&customer()));
            assert_eq!(placeholders(&text), missing, "{body}");
        }
    }
}
