//! What has been typed into a team's ad-hoc dialog and not sent: kept per account and team, with the key under which it
//! is sent, so that it survives closing the dialog and is never sent twice.

use serde::{Deserialize, Serialize};
use shared::{
    PhoneNumber,
    ids::{AccountId, TeamId, TemplateId},
    template::RenderedTemplate,
};

use super::text::Text;
use crate::{api::new_idempotency_key, storage};

/// The template that a text was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chosen {
    pub(super) id: TemplateId,
    /// For whom it was filled in.
    number: Option<PhoneNumber>,
    rendered: String,
}

/// A message on its way to being sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// The number, as it was typed.
    pub(super) number: String,
    /// The team's number that was chosen to send from.
    pub(super) from: Option<PhoneNumber>,
    /// The text.
    pub(super) text: Text,
    /// Where it came from.
    pub(super) template: Option<Chosen>,
    /// The idempotency key: a new one once this was sent, or was certainly not.
    pub(super) key: String,
}

/// Where a draft is kept.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
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

    /// The draft that is kept there, or an empty one.
    pub(super) fn recall(place: &Place) -> Self {
        let kept = storage::recall(&place.0).and_then(|text| serde_json::from_str(&text).ok());
        kept.unwrap_or_else(Self::empty)
    }

    /// Keeps the draft, or forgets it when there is nothing in it.
    pub(super) fn keep(&self, place: &Place) {
        let is_empty = self.number.trim().is_empty() && self.text.shown().is_empty();
        let json = if is_empty { None } else { serde_json::to_string(self).ok() };
        storage::keep(&place.0, json.as_deref());
    }

    /// Forgets what was sent under this key, unless something else has taken its place.
    pub(super) fn forget(place: &Place, key: &str) {
        if Self::recall(place).key == key {
            storage::keep(&place.0, None);
        }
    }

    /// Puts a template into the box, filled in for this number.
    pub(super) fn choose(&mut self, template: &RenderedTemplate, number: Option<PhoneNumber>) {
        self.text.become_text(template.rendered.clone());
        self.template = Some(Chosen { id: template.id, number, rendered: template.rendered.clone() });
    }

    /// Templates were filled in for another number: a text that is still the template's becomes that of the new number.
    pub(super) fn filled_in_anew(&mut self, templates: &[RenderedTemplate], number: Option<&PhoneNumber>) {
        let Some(chosen) = &self.template else { return };
        let again = templates.iter().find(|template| template.id == chosen.id);
        if let Some(template) = again.filter(|_| self.text.is_still(&chosen.rendered)) {
            self.choose(template, number.cloned());
        }
    }

    /// The box now holds this text.
    pub(super) fn edit(&mut self, shown: String) {
        if shown.is_empty() {
            self.template = None;
        }
        self.text.edit(shown);
    }

    /// Whether the text may hold what belongs to another number than this one.
    pub(super) fn is_for_another(&self, number: &PhoneNumber) -> bool {
        self.template
            .as_ref()
            .and_then(|chosen| chosen.number.as_ref())
            .is_some_and(|filled_for| filled_for != number)
    }

    /// Whether the text is just as the template has it.
    pub(super) fn is_unedited(&self) -> bool {
        self.template.as_ref().is_some_and(|chosen| self.text.is_still(&chosen.rendered))
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
        draft.choose(&greeting("Hi Maria"), Some(maria));
        assert!(draft.is_for_another(&jo));
        draft.filled_in_anew(&[greeting("Hi Jo")], Some(&jo));
        assert_eq!(draft.text.shown(), "Hi Jo");
        assert!(!draft.is_for_another(&jo));
    }

    #[test]
    fn an_edited_template_stays_and_is_known_to_be_for_another_number() {
        let (maria, jo) = (number("+447700900123"), number("+447700900789"));
        let mut draft = draft();
        draft.choose(&greeting("Hi Maria"), Some(maria.clone()));
        draft.edit("Hi Maria!".to_owned());
        draft.filled_in_anew(&[greeting("Hi Jo")], Some(&jo));
        assert_eq!(draft.text.shown(), "Hi Maria!");
        assert!(!draft.is_unedited());
        assert!(draft.is_for_another(&jo));
        assert!(!draft.is_for_another(&maria));
    }

    #[test]
    fn an_emptied_box_comes_from_no_template() {
        let mut draft = draft();
        draft.choose(&greeting("Hi Maria"), None);
        draft.edit(String::new());
        assert_eq!(draft.template, None);
    }
}
