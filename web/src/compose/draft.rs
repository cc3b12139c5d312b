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
use crate::{api::new_idempotency_key, json, storage};

/// What a page stores with a draft.
pub(crate) trait Details:
    Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Returns what remains when the server has answered the last attempt to send the message.
    fn after_answer(self) -> Self {
        self
    }

    /// Returns whether the last attempt to send the message has no answer yet.
    fn is_unanswered(&self) -> bool {
        false
    }
}

/// What a response means for the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The message is sent. What the agent writes next is another message.
    Sent,
    /// An earlier version of the message was sent. The text in the message box is another message.
    EarlierVersionSent,
    /// The server refused the message.
    Refused,
    /// The response is lost, so the message may have been sent.
    Lost,
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
    /// When the server stored the version that this one is based on. Times are in microseconds since 1970.
    #[serde(default)]
    pub(super) saved_at: Option<i64>,
    /// When the agent last changed the draft; `None` if the server has that change.
    #[serde(default)]
    pub(super) edited_at: Option<i64>,
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

impl ChosenTemplate {
    /// A template whose text may have been edited since.
    pub(super) fn edited(id: TemplateId) -> Self {
        Self { id, filled_for: None, rendered: String::new() }
    }
}

/// Storage key of a draft.
#[derive(Clone, Debug)]
pub(crate) struct StorageKey(String);

impl StorageKey {
    /// Returns whether a change in another tab concerns this draft.
    pub(super) fn is_of(&self, change: &StorageEvent) -> bool {
        change.key().as_ref() == Some(&self.0)
    }

    /// The key of an account's draft. `kind` is the kind of message, and `id` that of its conversation or team.
    pub(crate) fn new(kind: &str, account: Option<AccountId>, id: i64) -> Self {
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        Self(format!("smsc-{kind}-{account}-{id}"))
    }
}

impl<D: Details> Draft<D> {
    /// Creates an empty draft with a new idempotency key.
    pub(crate) fn empty() -> Self {
        Self::with_key(new_idempotency_key())
    }

    /// Creates an empty draft.
    pub(super) fn with_key(key: String) -> Self {
        let (text, details) = (Text::default(), D::default());
        Self { text, template: None, key, details, saved_at: None, edited_at: None }
    }

    /// Returns the stored draft, or an empty one.
    pub(crate) fn load(key: &StorageKey) -> Self {
        storage::load(&key.0).and_then(|json| Self::parse(&json)).unwrap_or_else(Self::empty)
    }

    fn parse(text: &str) -> Option<Self> {
        json::from_str(text).ok()
    }

    /// Stores the draft, or deletes it if it is empty.
    pub(crate) fn save(&self, key: &StorageKey) {
        let is_empty = self.text.is_empty() && self.details == D::default();
        let json = if is_empty { None } else { serde_json::to_string(self).ok() };
        storage::save(&key.0, json.as_deref());
    }

    /// Returns the draft after another tab has replaced the stored draft `old` with `new`. If the same draft was sent or
    /// edited there, this one becomes empty or takes over the edit. Returns `None` for a change of a different draft.
    pub(super) fn after_change(&self, old: Option<&str>, new: Option<&str>) -> Option<Self> {
        if Self::parse(old?)?.key != self.key {
            return None;
        }
        match new {
            None => Some(Self::empty()),
            Some(json) => Self::parse(json).filter(|draft| draft.key == self.key),
        }
    }

    /// Returns what remains after the response to `sent`. Another message stays as it is. `new_key` is the idempotency
    /// key of the next message.
    pub(super) fn after_response(self, outcome: Outcome, sent: &Self, new_key: String) -> Self {
        if self.key != sent.key {
            return self;
        }
        match outcome {
            Outcome::Sent if self.text == sent.text => Self::with_key(new_key),
            Outcome::Sent | Outcome::EarlierVersionSent => {
                Self { key: new_key, details: self.details.after_answer(), saved_at: None, ..self }
            }
            Outcome::Refused => Self { details: self.details.after_answer(), ..self },
            Outcome::Lost => self,
        }
    }

    /// Returns the id of the template that the text comes from.
    pub(crate) fn template_id(&self) -> Option<TemplateId> {
        self.template.as_ref().map(|chosen| chosen.id)
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
        self.contain_template(template, filled_for);
    }

    /// Records the template that was inserted into the text.
    pub(super) fn contain_template(&mut self, template: &RenderedTemplate, filled_for: Option<PhoneNumber>) {
        let rendered = template.rendered.clone();
        self.template = Some(ChosenTemplate { id: template.id, filled_for, rendered });
    }

    /// Returns the draft with its unedited template text as in a newer list. Returns `None` if that changes nothing.
    pub(super) fn refilled(&self, list: &TemplateList) -> Option<Self> {
        let chosen = self.template.as_ref().filter(|_| self.has_unedited_template())?;
        let template = list.find(chosen.id)?;
        let mut refilled = self.clone();
        refilled.choose_template(template, list.filled_for.clone());
        (refilled != *self).then_some(refilled)
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

    /// Details that count the answers of the server.
    type Answers = u32;

    impl Details for Answers {
        fn after_answer(self) -> Self {
            self + 1
        }
    }

    fn draft(text: &str) -> Draft<Answers> {
        Draft { text: Text::new(text.to_owned()), ..Draft::with_key("a key".to_owned()) }
    }

    fn keyed(text: &str, key: &str, details: Answers) -> Draft<Answers> {
        Draft { key: key.to_owned(), details, ..draft(text) }
    }

    fn json(draft: &Draft<Answers>) -> String {
        serde_json::to_string(draft).unwrap()
    }

    #[test]
    fn an_unedited_template_follows_the_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft("");
        draft.choose_template(&greeting("Hi Maria"), Some(maria));
        assert!(draft.is_filled_for_another(&jo));
        let list = TemplateList::new(vec![greeting("Hi Jo")], Some(jo.clone()));
        let refilled = draft.refilled(&list).unwrap();
        assert_eq!(refilled.text.shown(), "Hi Jo");
        assert!(!refilled.is_filled_for_another(&jo));
        assert_eq!(refilled.refilled(&list), None, "nothing has changed");
    }

    #[test]
    fn an_edited_template_stays_and_is_reported_as_for_another_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft("");
        draft.choose_template(&greeting("Hi Maria"), Some(maria.clone()));
        draft.edit("Hi Maria!".to_owned());
        assert_eq!(draft.refilled(&TemplateList::new(vec![greeting("Hi Jo")], Some(jo.clone()))), None);
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
    fn the_key_changes_only_when_this_message_or_an_earlier_version_was_sent() {
        let after =
            |now: &str, outcome| draft(now).after_response(outcome, &draft("Friday"), "new".to_owned());
        assert_eq!(after("Friday", Outcome::Sent), keyed("", "new", 0));
        assert_eq!(after("Friday is fine", Outcome::Sent), keyed("Friday is fine", "new", 1));
        assert_eq!(after("Friday", Outcome::EarlierVersionSent), keyed("Friday", "new", 1));
        assert_eq!(after("Friday", Outcome::Refused), keyed("Friday", "a key", 1));
        assert_eq!(after("Friday", Outcome::Lost), draft("Friday"));
    }

    #[test]
    fn another_message_stays_whatever_the_response() {
        let other = keyed("Friday", "another key", 0);
        for outcome in [Outcome::Sent, Outcome::EarlierVersionSent, Outcome::Refused, Outcome::Lost] {
            assert_eq!(other.clone().after_response(outcome, &draft("Friday"), "new".to_owned()), other);
        }
    }

    #[test]
    fn an_edit_of_the_same_draft_in_another_tab_is_taken_over_and_one_of_another_draft_is_not() {
        let (before, edited) = (draft("Friday"), draft("Friday is fine"));
        let other = keyed("Until then", "another key", 0);
        let change = |old: Option<&Draft<Answers>>, new: Option<&Draft<Answers>>| {
            before.after_change(old.map(json).as_deref(), new.map(json).as_deref())
        };
        assert_eq!(change(Some(&before), Some(&edited)), Some(edited.clone()));
        for (old, new) in [(None, &before), (None, &other), (Some(&other), &before), (Some(&before), &other)]
        {
            assert_eq!(change(old, Some(new)), None);
        }
        assert_eq!(change(Some(&other), None), None);
        assert_eq!(before.after_change(Some("not a draft"), None), None);
    }
}
