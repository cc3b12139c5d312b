//! The unsent draft of an ad-hoc message. The browser stores it per account and team, with the idempotency key for
//! sending it: a draft survives closing the dialog and is not sent twice.

use serde::{Deserialize, Serialize};
use shared::{
    PhoneNumber,
    ids::{AccountId, TeamId, TemplateId},
    template::RenderedTemplate,
};

use super::text::Text;
use crate::{api::new_idempotency_key, storage};

/// The template that a text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chosen {
    pub(super) id: TemplateId,
    /// The customer number whose data filled it in.
    number: Option<PhoneNumber>,
    /// The filled-in text.
    rendered: String,
}

/// An unsent ad-hoc message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// The customer's number, as typed.
    pub(super) number: String,
    /// The chosen team number to send from.
    pub(super) from: Option<PhoneNumber>,
    pub(super) text: Text,
    /// The template that the text comes from.
    pub(super) template: Option<Chosen>,
    /// The idempotency key, replaced after the message is sent or refused.
    pub(super) key: String,
}

/// Storage key of a draft.
#[derive(Clone, Debug)]
pub(super) struct StorageKey(String);

impl StorageKey {
    pub(super) fn new(account: Option<AccountId>, team: TeamId) -> Self {
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        Self(format!("smsc-ad-hoc-{account}-{team}"))
    }
}

impl Draft {
    pub(super) fn empty() -> Self {
        Self {
            number: String::new(),
            from: None,
            text: Text::default(),
            template: None,
            key: new_idempotency_key(),
        }
    }

    /// Returns the stored draft, or an empty one.
    pub(super) fn load(key: &StorageKey) -> Self {
        let stored = storage::load(&key.0).and_then(|text| serde_json::from_str(&text).ok());
        stored.unwrap_or_else(Self::empty)
    }

    /// Stores the draft, or deletes it if it is empty.
    pub(super) fn save(&self, key: &StorageKey) {
        let is_empty = self.number.trim().is_empty() && self.text.shown().is_empty();
        let json = if is_empty { None } else { serde_json::to_string(self).ok() };
        storage::save(&key.0, json.as_deref());
    }

    /// Deletes the stored draft if it still has this idempotency key.
    pub(super) fn delete(key: &StorageKey, idempotency_key: &str) {
        if Self::load(key).key == idempotency_key {
            storage::save(&key.0, None);
        }
    }

    /// Replaces the text with a template filled in for `number`.
    pub(super) fn choose_template(&mut self, template: &RenderedTemplate, number: Option<PhoneNumber>) {
        self.text.set_template(template.rendered.clone());
        self.template = Some(Chosen { id: template.id, number, rendered: template.rendered.clone() });
    }

    /// Replaces an unedited template text with the same template filled in for another number.
    pub(super) fn refill_template(&mut self, templates: &[RenderedTemplate], number: Option<&PhoneNumber>) {
        let Some(chosen) = &self.template else { return };
        let refilled = templates.iter().find(|template| template.id == chosen.id);
        if let Some(template) = refilled.filter(|_| self.text.has_template(&chosen.rendered)) {
            self.choose_template(template, number.cloned());
        }
    }

    /// Handles input in the message box.
    pub(super) fn edit(&mut self, shown: String) {
        if shown.is_empty() {
            self.template = None;
        }
        self.text.edit(shown);
    }

    /// Returns whether the text may contain data of a customer with another number.
    pub(super) fn is_for_another(&self, number: &PhoneNumber) -> bool {
        self.template
            .as_ref()
            .and_then(|chosen| chosen.number.as_ref())
            .is_some_and(|filled_for| filled_for != number)
    }

    /// Returns whether the text is that of the template, without edits.
    pub(super) fn is_unedited(&self) -> bool {
        self.template.as_ref().is_some_and(|chosen| self.text.has_template(&chosen.rendered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    fn greeting(rendered: &str) -> RenderedTemplate {
        RenderedTemplate {
            id: TemplateId(7),
            name: "Greeting".to_owned(),
            body: "Hi {{name}}".to_owned(),
            rendered: rendered.to_owned(),
            missing: Vec::new(),
        }
    }

    fn draft() -> Draft {
        Draft {
            number: String::new(),
            from: None,
            text: Text::default(),
            template: None,
            key: "a key".to_owned(),
        }
    }

    #[test]
    fn an_unedited_template_follows_the_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft();
        draft.choose_template(&greeting("Hi Maria"), Some(maria));
        assert!(draft.is_for_another(&jo));
        draft.refill_template(&[greeting("Hi Jo")], Some(&jo));
        assert_eq!(draft.text.shown(), "Hi Jo");
        assert!(!draft.is_for_another(&jo));
    }

    #[test]
    fn an_edited_template_stays_and_is_reported_as_for_another_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft();
        draft.choose_template(&greeting("Hi Maria"), Some(maria.clone()));
        draft.edit("Hi Maria!".to_owned());
        draft.refill_template(&[greeting("Hi Jo")], Some(&jo));
        assert_eq!(draft.text.shown(), "Hi Maria!");
        assert!(!draft.is_unedited());
        assert!(draft.is_for_another(&jo));
        assert!(!draft.is_for_another(&maria));
    }

    #[test]
    fn emptying_the_text_removes_the_template() {
        let mut draft = draft();
        draft.choose_template(&greeting("Hi Maria"), None);
        draft.edit(String::new());
        assert_eq!(draft.template, None);
    }
}
