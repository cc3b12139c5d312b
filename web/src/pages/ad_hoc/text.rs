//! A text with gaps: pure. The placeholders that no customer's data fills stand as gaps, and what is typed for them is
//! put in.
//!
//! It must never let a gap pass for filled because something blank was typed.

use serde::{Deserialize, Serialize};
use shared::template::{fill, placeholders};

/// A text, and what was typed for its gaps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Text {
    base: String,
    values: Vec<(String, String)>,
}

impl Text {
    /// A text for whose gaps nothing was typed yet.
    pub(super) fn new(base: String) -> Self {
        Self { base, values: Vec::new() }
    }

    /// The names of all gaps, those with a value too.
    pub(super) fn gaps(&self) -> Vec<String> {
        placeholders(&self.base)
    }

    /// What was typed for a gap.
    pub(super) fn value(&self, gap: &str) -> &str {
        self.values.iter().find(|(name, _)| name == gap).map_or("", |(_, value)| value)
    }

    /// Takes what was typed for a gap.
    pub(super) fn fill_in(&mut self, gap: &str, value: String) {
        self.values.retain(|(name, _)| name != gap);
        self.values.push((gap.to_owned(), value));
    }

    /// The text as it would be sent.
    pub(super) fn shown(&self) -> String {
        fill(&self.base, |gap| Some(self.value(gap).to_owned()).filter(|value| !value.trim().is_empty())).0
    }

    /// The text was edited by hand: what was typed for its gaps is part of it now.
    pub(super) fn edit(&mut self, shown: String) {
        *self = Self::new(shown);
    }

    /// Whether it is still what this was, but for its gaps.
    pub(super) fn is_still(&self, base: &str) -> bool {
        self.base == base
    }

    /// Takes another text, and keeps what was typed for the gaps that it has as well.
    pub(super) fn become_text(&mut self, base: String) {
        self.base = base;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder() -> Text {
        Text::new("Hi {{name}}, {{Balance}} is due on {{Due date}}. {{name}}!".to_owned())
    }

    #[test]
    fn what_is_typed_for_a_gap_stands_in_the_text_at_once() {
        let mut text = reminder();
        assert_eq!(text.gaps(), ["name", "Balance", "Due date"]);
        text.fill_in("name", "Ma".to_owned());
        text.fill_in("name", "Maria".to_owned());
        assert_eq!(text.shown(), "Hi Maria, {{Balance}} is due on {{Due date}}. Maria!");
        // The gap is still there to be typed in.
        assert_eq!(text.gaps().len(), 3);
        assert_eq!(text.value("name"), "Maria");
    }

    #[test]
    fn something_blank_fills_no_gap() {
        let mut text = reminder();
        text.fill_in("name", "  ".to_owned());
        assert_eq!(placeholders(&text.shown()), ["name", "Balance", "Due date"]);
    }

    #[test]
    fn editing_keeps_what_was_filled_in_and_the_gaps_that_are_left() {
        let mut text = reminder();
        text.fill_in("name", "Maria".to_owned());
        let edited = text.shown() + " Bye";
        text.edit(edited.clone());
        assert_eq!(text.shown(), edited);
        assert_eq!(text.gaps(), ["Balance", "Due date"]);
    }

    #[test]
    fn another_customer_fills_the_same_text_anew_and_keeps_what_was_typed() {
        let mut text = reminder();
        text.fill_in("Due date", "Friday".to_owned());
        assert!(text.is_still("Hi {{name}}, {{Balance}} is due on {{Due date}}. {{name}}!"));
        text.become_text("Hi Jo, 12.00 is due on {{Due date}}. Jo!".to_owned());
        assert_eq!(text.shown(), "Hi Jo, 12.00 is due on Friday. Jo!");
    }
}
