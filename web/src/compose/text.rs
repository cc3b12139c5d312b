//! A text with placeholders that the customer's data does not fill. The agent types values for them. A blank value does
//! not fill a placeholder.

use serde::{Deserialize, Serialize};
use shared::{
    message::{BodyFault, MAX_BODY_CHARACTERS},
    template::{BrokenPlaceholder, fill, placeholders},
};

use crate::{components::person::isolated, language::t};

/// A text and the typed values of its placeholders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    base: String,
    values: Vec<(String, String)>,
}

impl Text {
    /// A text without typed values.
    pub(super) fn new(base: String) -> Self {
        Self { base, values: Vec::new() }
    }

    /// Returns the names of all placeholders, including those with a value.
    pub(crate) fn placeholders(&self) -> Vec<String> {
        placeholders(&self.base)
    }

    /// Returns the value typed for a placeholder.
    pub(crate) fn value(&self, placeholder: &str) -> &str {
        self.values.iter().find(|(name, _)| name == placeholder).map_or("", |(_, value)| value)
    }

    /// Sets the value typed for a placeholder.
    pub(crate) fn set_value(&mut self, placeholder: &str, value: String) {
        self.values.retain(|(name, _)| name != placeholder);
        self.values.push((placeholder.to_owned(), value));
    }

    /// Returns whether the text as it would be sent is empty. Filled placeholders are not blank.
    pub(crate) fn is_empty(&self) -> bool {
        self.base.is_empty()
    }

    /// Returns the text as it would be sent.
    pub(crate) fn shown(&self) -> String {
        fill(&self.base, |name| Some(self.value(name).to_owned()).filter(|value| !value.trim().is_empty())).0
    }

    /// Replaces the text with an edited one, which already contains the typed values.
    pub(super) fn edit(&mut self, shown: String) {
        *self = Self::new(shown);
    }

    /// Returns whether the text is `base`, whatever the typed values.
    pub(super) fn is(&self, base: &str) -> bool {
        self.base == base
    }

    /// Replaces the text, but keeps the typed values.
    pub(super) fn set_base(&mut self, base: String) {
        self.base = base;
    }
}

/// Formats names as placeholders: "{{Due date}}, {{Balance}}".
pub(crate) fn braced(names: &[String]) -> String {
    names.iter().map(|name| format!("{{{{{name}}}}}")).collect::<Vec<_>>().join(", ")
}

/// Returns why a text cannot be a message.
pub(super) fn fault_text(fault: BodyFault) -> String {
    match fault {
        BodyFault::TooLong(length) => t!(
            "A message has at most {most} characters; this one has {length}.",
            most = MAX_BODY_CHARACTERS,
            length
        ),
        BodyFault::Empty => t!("Enter a message.").to_owned(),
        BodyFault::Nul => t!("Remove the NUL character.").to_owned(),
    }
}

/// Returns what is wrong with a placeholder.
pub(crate) fn broken_text(broken: &BrokenPlaceholder) -> String {
    let BrokenPlaceholder { part, line, column } = broken;
    t!(
        "“{part}” (line {line}, character {column}) is not a complete placeholder. Write two braces on each side of \
         the name, as in {example}, or remove the braces.",
        part = isolated(part),
        line,
        column,
        example = "{{name}}",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder() -> Text {
        Text::new("Hi {{name}}, {{Balance}} is due on {{Due date}}. {{name}}!".to_owned())
    }

    #[test]
    fn a_typed_value_appears_in_the_text_at_once() {
        let mut text = reminder();
        assert_eq!(text.placeholders(), ["name", "Balance", "Due date"]);
        text.set_value("name", "Ma".to_owned());
        text.set_value("name", "Maria".to_owned());
        assert_eq!(text.shown(), "Hi Maria, {{Balance}} is due on {{Due date}}. Maria!");
        // The placeholder keeps its input.
        assert_eq!(text.placeholders().len(), 3);
        assert_eq!(text.value("name"), "Maria");
    }

    #[test]
    fn a_blank_value_does_not_fill_a_placeholder() {
        let mut text = reminder();
        text.set_value("name", "  ".to_owned());
        assert_eq!(placeholders(&text.shown()), ["name", "Balance", "Due date"]);
    }

    #[test]
    fn editing_keeps_typed_values_and_unfilled_placeholders() {
        let mut text = reminder();
        text.set_value("name", "Maria".to_owned());
        let edited = text.shown() + " Bye";
        text.edit(edited.clone());
        assert_eq!(text.shown(), edited);
        assert_eq!(text.placeholders(), ["Balance", "Due date"]);
    }

    #[test]
    fn another_customers_text_keeps_typed_values() {
        let mut text = reminder();
        text.set_value("Due date", "Friday".to_owned());
        assert!(text.is("Hi {{name}}, {{Balance}} is due on {{Due date}}. {{name}}!"));
        text.set_base("Hi Jo, 12.00 is due on {{Due date}}. Jo!".to_owned());
        assert_eq!(text.shown(), "Hi Jo, 12.00 is due on Friday. Jo!");
    }
}
