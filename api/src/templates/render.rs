//! Fills in the placeholders of a template, for a conversation or for the recipient of an ad-hoc message.

use shared::{
    CustomerAddress,
    customer::CustomerKeyData,
    template::{RenderedTemplate, Template, fill},
};

/// Placeholders that every team has.
pub(super) const BUILT_IN: [&str; 5] = ["name", "ref", "number", "agent", "team"];

/// The sources of placeholder values.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The customer in the current daily file, for `{{ref}}`, `{{name}}` and key data columns.
    pub customer: Option<&'a CustomerKeyData>,
    /// The reference that the conversation last had.
    pub reference: Option<&'a str>,
    /// The name that the conversation last had.
    pub name: Option<&'a str>,
    /// The customer's number, for `{{number}}`.
    pub number: Option<&'a CustomerAddress>,
    /// The agent's name, for `{{agent}}`.
    pub agent: &'a str,
    /// The team's name, for `{{team}}`.
    pub team: &'a str,
}

impl Values<'_> {
    /// Returns the value of a placeholder. Names are matched in any case; a blank value counts as missing.
    pub(super) fn of(&self, placeholder: &str) -> Option<String> {
        let customer = self.customer;
        let value = match placeholder.to_lowercase().as_str() {
            "name" => customer.map(|c| c.name.as_str()).or(self.name).map(str::to_owned),
            "ref" => customer.map(|c| c.reference.as_str()).or(self.reference).map(str::to_owned),
            "number" => self.number.map(CustomerAddress::display),
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

/// Fills in the placeholders of a text. Returns it with the placeholders that have no value.
pub(crate) fn render_text(text: &str, values: &Values<'_>) -> (String, Vec<String>) {
    fill(text, |placeholder| values.of(placeholder))
}

/// Renders a template.
#[must_use]
pub fn render(template: Template, values: &Values<'_>) -> RenderedTemplate {
    let (rendered, missing) = render_text(&template.body, values);
    RenderedTemplate { id: template.id, name: template.name, body: template.body, rendered, missing }
}

#[cfg(test)]
mod tests {
    use shared::{customer::Field, ids::TemplateId, template::placeholders};

    use super::*;

    fn customer() -> CustomerKeyData {
        let fields = [("Balance", "GBP 1"), ("Due date", " "), ("name", "a column called name")];
        CustomerKeyData {
            reference: "A-2".into(),
            name: "Maria Jones".into(),
            fields: fields.map(|(name, value)| Field { name: name.into(), value: value.into() }).into(),
        }
    }

    /// Returns the rendered text and the missing placeholders.
    fn rendered(body: &str, customer: Option<&CustomerKeyData>) -> (String, Vec<String>) {
        let template = Template {
            id: TemplateId(1),
            team_id: None,
            name: "T".into(),
            body: body.into(),
            position: 0,
            archived_at: None,
            version: String::new(),
        };
        let number = "+447700900123".parse().unwrap();
        let values = Values {
            customer,
            reference: Some("A-1"),
            name: Some("Maria"),
            number: Some(&number),
            agent: "Ann",
            team: "Support",
        };
        let rendered = render(template, &values);
        assert_eq!(rendered.body, body);
        (rendered.rendered, rendered.missing)
    }

    #[test]
    fn the_current_file_takes_precedence_over_the_conversations_names() {
        let body = "{{ref}} {{name}} {{number}} {{agent}} {{team}}";
        assert_eq!(rendered(body, None).0, "A-1 Maria +44 7700 900123 Ann Support");
        assert_eq!(rendered(body, Some(&customer())).0, "A-2 Maria Jones +44 7700 900123 Ann Support");
    }

    #[test]
    fn names_are_matched_in_any_case_and_with_surrounding_spaces() {
        assert_eq!(rendered("{{ NAME }}/{{bAlAnCe}}", Some(&customer())).0, "Maria Jones/GBP 1");
    }

    #[test]
    fn a_placeholder_without_a_value_stays_and_is_listed_once_as_missing() {
        let (text, missing) = rendered("{{Due date}} {{ nothing }} {{Due date}}", Some(&customer()));
        assert_eq!(text, "{{Due date}} {{ nothing }} {{Due date}}");
        assert_eq!(missing, ["Due date", "nothing"]);
        assert_eq!(rendered("{{balance}}", None).1, ["balance"]);
    }

    #[test]
    fn text_that_is_not_a_placeholder_stays_unchanged() {
        for body in ["", "{name}", "{{}}", "{{ }}", "{{name", "name}}", "}}{{", "100 % {"] {
            assert_eq!(rendered(body, Some(&customer())), (body.to_owned(), Vec::new()), "{body}");
        }
        assert_eq!(rendered("{{{{name}}}}", Some(&customer())).0, "{{Maria Jones}}");
    }

    #[test]
    fn missing_placeholders_are_those_that_sending_refuses() {
        for body in
            ["Hi {{name}}", "{{a}} {{b}} {{a}}", "{{{{a}} {{", "{{ c d }}{{}}", "{{Balance}}{{due date}}"]
        {
            let (text, missing) = rendered(body, Some(&customer()));
            assert_eq!(placeholders(&text), missing, "{body}");
        }
    }
}
