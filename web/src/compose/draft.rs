//! The unsent draft of a message. The browser stores it with the idempotency key for sending it: a draft survives a
//! reload, is shared by all tabs, and is not sent twice.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::{
    PhoneNumber,
    ids::{AccountId, TemplateId},
    template::RenderedTemplate,
};
use web_sys::StorageEvent;

use super::{templates::TemplateList, text::Text};
use crate::{api::new_idempotency_key, storage};

/// What a page stores with a draft.
pub(crate) trait Details:
    Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
}

impl<T> Details for T where
    T: Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
}

/// An unsent message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Draft<D: Details> {
    pub(crate) text: Text,
    /// The template that the text comes from.
    pub(crate) template: Option<ChosenTemplate>,
    /// The idempotency key. [`super::send`] describes when it changes.
    pub(crate) key: String,
    /// The page's part of the draft.
    pub(crate) details: D,
}

/// The template that a text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChosenTemplate {
    pub(crate) id: TemplateId,
    /// The typed number whose customer's data filled it in.
    filled_for: Option<PhoneNumber>,
    /// The filled-in text.
    rendered: String,
}

/// Storage key of a draft.
#[derive(Clone, Debug)]
pub(crate) struct StorageKey(String);

impl StorageKey {
    /// The key of an account's draft. `kind` is the kind of message, and `id` that of its conversation or team.
    pub(crate) fn new(kind: &str, account: Option<AccountId>, id: i64) -> Self {
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        Self(format!("smsc-{kind}-{account}-{id}"))
    }
}

impl<D: Details> Draft<D> {
    /// Creates an empty draft with a new idempotency key.
    pub(crate) fn empty() -> Self {
        Self { text: Text::default(), template: None, key: new_idempotency_key(), details: D::default() }
    }

    /// Returns the stored draft, or an empty one.
    pub(crate) fn load(key: &StorageKey) -> Self {
        storage::load(&key.0).and_then(|json| Self::parse(&json)).unwrap_or_else(Self::empty)
    }

    fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Stores the draft, or deletes it if it is empty.
    pub(crate) fn save(&self, key: &StorageKey) {
        let is_empty = self.text.shown().is_empty() && self.details == D::default();
        let json = if is_empty { None } else { serde_json::to_string(self).ok() };
        storage::save(&key.0, json.as_deref());
    }

    /// Returns the draft after a change in another tab. If the same draft was sent or edited there, this one becomes
    /// empty or takes over the edit. Returns `None` for a change of a different draft.
    pub(super) fn after_change(&self, change: &StorageEvent, key: &StorageKey) -> Option<Self> {
        if change.key().as_ref() != Some(&key.0) || Self::parse(&change.old_value()?)?.key != self.key {
            return None;
        }
        match change.new_value() {
            None => Some(Self::empty()),
            Some(json) => Self::parse(&json).filter(|draft| draft.key == self.key),
        }
    }

    /// Returns what remains after `sent` was sent: an empty draft, or a new message if the text has changed meanwhile.
    /// Another message stays as it is.
    pub(super) fn after_sending(self, sent: &Self) -> Self {
        if self.key != sent.key {
            self
        } else if self.text == sent.text {
            Self::empty()
        } else {
            Self { key: new_idempotency_key(), ..self }
        }
    }

    /// Handles input in the message box.
    pub(super) fn edit(&mut self, shown: String) {
        if shown.is_empty() {
            self.template = None;
        }
        self.text.edit(shown);
    }

    /// Replaces the text with a template, filled in for `filled_for`.
    pub(super) fn choose_template(&mut self, template: &RenderedTemplate, filled_for: Option<PhoneNumber>) {
        self.text.set_base(template.rendered.clone());
        let rendered = template.rendered.clone();
        self.template = Some(ChosenTemplate { id: template.id, filled_for, rendered });
    }

    /// Replaces an unedited template text with the same template from a newer list, whose values may differ.
    pub(super) fn refill_template(&mut self, list: &TemplateList) {
        let Some(chosen) = self.template.as_ref().filter(|_| self.has_unedited_template()) else { return };
        if let Some(template) = list.find(chosen.id) {
            self.choose_template(template, list.filled_for.clone());
        }
    }

    /// Returns whether the text is that of the template, without edits. Typed values are not edits.
    pub(crate) fn has_unedited_template(&self) -> bool {
        self.template.as_ref().is_some_and(|chosen| self.text.is(&chosen.rendered))
    }

    /// Returns whether the text may contain data of a customer with another number.
    pub(crate) fn is_filled_for_another(&self, number: &PhoneNumber) -> bool {
        self.template
            .as_ref()
            .and_then(|chosen| chosen.filled_for.as_ref())
            .is_some_and(|filled_for| filled_for != number)
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

    fn draft(text: &str) -> Draft<()> {
        Draft { text: Text::new(text.to_owned()), template: None, key: "a key".to_owned(), details: () }
    }

    #[test]
    fn an_unedited_template_follows_the_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft("");
        draft.choose_template(&greeting("Hi Maria"), Some(maria));
        assert!(draft.is_filled_for_another(&jo));
        draft.refill_template(&TemplateList::new(vec![greeting("Hi Jo")], Some(jo.clone())));
        assert_eq!(draft.text.shown(), "Hi Jo");
        assert!(!draft.is_filled_for_another(&jo));
    }

    #[test]
    fn an_edited_template_stays_and_is_reported_as_for_another_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft("");
        draft.choose_template(&greeting("Hi Maria"), Some(maria.clone()));
        draft.edit("Hi Maria!".to_owned());
        draft.refill_template(&TemplateList::new(vec![greeting("Hi Jo")], Some(jo.clone())));
        assert_eq!(draft.text.shown(), "Hi Maria!");
        assert!(!draft.has_unedited_template());
        assert!(draft.is_filled_for_another(&jo));
        assert!(!draft.is_filled_for_another(&maria));
    }

    #[test]
    fn emptying_the_text_removes_the_template() {
        let mut draft = draft("");
        draft.choose_template(&greeting("Hi Maria"), None);
        draft.edit(String::new());
        assert_eq!(draft.template, None);
    }

    #[test]
    fn another_message_stays_when_a_message_was_sent() {
        let other = Draft { key: "another key".to_owned(), ..draft("Friday") };
        assert_eq!(other.clone().after_sending(&draft("Friday")), other);
    }
}
