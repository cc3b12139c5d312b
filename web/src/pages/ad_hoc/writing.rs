//! An ad-hoc message being written and sent: nothing typed is ever lost, and nothing is sent twice.

use leptos::prelude::*;
use shared::{
    ErrorCode, PhoneNumber,
    consent::Consent,
    conversation::{Conversation, NewConversation, NumberCheck},
    ids::ConversationId,
    message::MessageBody,
    team::TeamSummary,
    template::{RenderedTemplate, broken_placeholder, placeholders},
};

use super::{
    draft::{Draft, Place},
    text::Text,
};
use crate::{
    api::{Client, Fault, new_idempotency_key},
    components::{
        form::Form,
        notices::{Notices, use_notices},
    },
    keys::focus_first,
    session::{use_client, use_session},
    tasks::start_detached,
    typing::Typing,
};

/// What stands in the way of writing to a number.
#[derive(Clone, PartialEq)]
pub(super) enum Blocked {
    /// A conversation with it is in progress.
    Open(ConversationId),
    /// It has opted out of the texts of the number that would be sent from.
    OptedOut(Consent),
}

/// An ad-hoc message being written.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) client: Client,
    notices: Notices,
    place: StoredValue<Place>,
    typing: Typing,
    /// The team that writes.
    pub(super) team: StoredValue<TeamSummary>,
    /// What is in the boxes.
    pub(super) draft: RwSignal<Draft>,
    /// What a template replaced.
    pub(super) replaced: RwSignal<Option<Draft>>,
    /// What the number is that is in its box right now; `None` while that is not known.
    pub(super) checked: RwSignal<Option<Result<NumberCheck, Fault>>>,
    /// Whether it is on its way, and what was wrong with it.
    pub(super) form: Form,
    /// What came of it.
    pub(super) sent: RwSignal<Option<Conversation>>,
}

impl Writing {
    /// Goes on with the draft that is kept for the team.
    pub(super) fn new(team: TeamSummary) -> Self {
        let place = Place::new(use_session().account(), team.id);
        let writing = Self {
            client: use_client(),
            notices: use_notices(),
            typing: Typing::new(),
            draft: RwSignal::new(Draft::recall(&place)),
            place: StoredValue::new(place),
            team: StoredValue::new(team),
            replaced: RwSignal::new(None),
            checked: RwSignal::new(None),
            form: Form::new(),
            sent: RwSignal::new(None),
        };
        writing.check();
        writing
    }

    /// Changes the draft and keeps it.
    pub(super) fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        self.keep();
        self.form.clear();
    }

    fn keep(self) {
        self.place.try_with_value(|place| self.draft.try_with_untracked(|draft| draft.keep(place)));
    }

    /// The number's box now holds this.
    pub(super) fn number_typed(self, text: String) {
        self.change(|draft| draft.number = text);
        // What is known belongs to what stood there before.
        self.checked.set(None);
        self.check();
    }

    /// Asks what the number is.
    pub(super) fn check(self) {
        let input = self.draft.with_untracked(|draft| draft.number.trim().to_owned());
        if input.is_empty() {
            return self.typing.forget();
        }
        let (client, team) = (self.client, self.team.with_value(|team| team.id));
        self.typing.ask(async move { client.check_number(team, &input).await }, move |answer| {
            self.checked.set(Some(answer));
        });
    }

    /// The number, once it is known to be one.
    pub(super) fn number(self) -> Option<PhoneNumber> {
        self.checked.with(|checked| match checked {
            Some(Ok(check)) if check.valid => check.number.clone(),
            _ => None,
        })
    }

    /// The team's number that it would be sent from: the chosen one, else the one that the customer knows, else the first.
    pub(super) fn from(self) -> Option<PhoneNumber> {
        let known = || self.checked.with(|checked| checked.as_ref()?.as_ref().ok()?.from.clone());
        let first = || self.team.with_value(|team| team.numbers.first().cloned());
        self.chosen_from().or_else(known).or_else(first)
    }

    /// The team's number that was chosen to send from, if it still is the team's.
    fn chosen_from(self) -> Option<PhoneNumber> {
        let chosen = self.draft.with(|draft| draft.from.clone());
        self.team.with_value(|team| chosen.filter(|number| team.numbers.contains(number)))
    }

    /// What stands in the way.
    pub(super) fn blocked(self) -> Option<Blocked> {
        let from = self.from();
        self.checked.with(|checked| {
            let check = checked.as_ref()?.as_ref().ok()?;
            let opted_out =
                || check.opted_out.iter().find(|consent| Some(&consent.team_number) == from.as_ref());
            let open = check.conversation_id.map(Blocked::Open);
            open.or_else(|| opted_out().cloned().map(Blocked::OptedOut))
        })
    }

    /// Puts a template into the box; what it replaces can be brought back.
    pub(super) fn choose(self, template: &RenderedTemplate) {
        let before = self.draft.get_untracked();
        let is_own = !before.is_unedited() && !before.text.shown().trim().is_empty();
        if is_own {
            self.replaced.set(Some(before));
        }
        let number = untrack(|| self.number());
        self.change(|draft| draft.choose(template, number));
    }

    /// The templates were filled in for a number: a text that nobody has edited follows.
    pub(super) fn filled_in_anew(self, templates: &[RenderedTemplate], number: Option<&PhoneNumber>) {
        // Not what an answer of the server is about: what was wrong stays on screen.
        self.draft.update(|draft| draft.filled_in_anew(templates, number));
        self.keep();
    }

    /// The box now holds this text.
    pub(super) fn typed(self, text: String) {
        self.replaced.set(None);
        self.change(|draft| draft.edit(text));
    }

    /// Puts back what a template replaced.
    pub(super) fn bring_back(self) {
        if let Some(before) = self.replaced.get_untracked() {
            self.replaced.set(None);
            self.change(|draft| {
                draft.text = before.text;
                draft.template = before.template;
            });
        }
    }

    /// Why it cannot be sent as it is: the field, and what is wrong with it.
    fn obstacle(self, draft: &Draft) -> Option<Fault> {
        let wrong = |field: &str, words: &str| Some(Fault::in_field(field, words));
        match self.checked.get_untracked() {
            _ if draft.number.trim().is_empty() => return wrong("number", "Enter a number."),
            None => return wrong("number", "The number is being checked. Try again in a moment."),
            Some(Ok(NumberCheck { valid: false, reason, .. })) => {
                return wrong("number", reason.as_deref().unwrap_or("This number cannot receive messages."));
            }
            // Out of reach: then sending will say so as well, or the server is back.
            Some(_) => {}
        }
        if let Some(words) = text_obstacle(draft.text.shown()) {
            return wrong("body", &words);
        }
        let stale = draft.is_unedited()
            && untrack(|| self.number()).is_some_and(|number| draft.is_for_another(&number));
        if stale {
            return wrong(
                "body",
                "Not sent. The template was filled in for another number. Fill it in again.",
            );
        }
        None
    }

    /// Sends it, unless something stands in the way.
    pub(super) fn send(self) {
        if self.form.busy.get_untracked() || untrack(|| self.blocked()).is_some() {
            return;
        }
        let draft = self.draft.get_untracked();
        if let Some(fault) = self.obstacle(&draft) {
            let is_number = fault.problem().is_some_and(|problem| problem.field("number").is_some());
            self.form.refused(fault);
            return focus_first(if is_number { "#ad-hoc-number" } else { "#ad-hoc-message" });
        }
        self.form.clear();
        self.form.busy.set(true);
        let place = self.place.get_value();
        let new = NewConversation {
            team_id: self.team.with_value(|team| team.id),
            number: draft.number.trim().to_owned(),
            body: draft.text.shown(),
            // Left open unless somebody chose: the server knows which number the customer knows.
            from: untrack(|| self.chosen_from()),
            template_id: draft.template.map(|chosen| chosen.id),
            media: None,
        };
        // Not bound to the dialog: whoever closes it has sent this.
        start_detached(async move {
            let answer = self.client.create_conversation(&new, &draft.key).await;
            self.form.busy.try_set(false);
            match answer {
                Ok(conversation) => {
                    Draft::forget(&place, &draft.key);
                    self.make_room(&draft.text);
                    if let Some(Some(conversation)) = self.sent.try_set(Some(conversation)) {
                        self.notices.say(&format!("Sent to {}.", conversation.number.display()));
                    }
                }
                Err(fault) => self.refused(fault),
            }
        });
    }

    /// Makes room for the next message, whose text may be in the box already: a template chosen meanwhile.
    fn make_room(self, sent: &Text) {
        if self.draft.try_with_untracked(|draft| draft.text == *sent) == Some(true) {
            self.draft.set(Draft::empty());
        } else {
            self.draft.try_update(|draft| draft.key = new_idempotency_key());
            self.keep();
        }
    }

    fn refused(self, fault: Fault) {
        if self.form.busy.is_disposed() {
            return self.notices.fault(&fault);
        }
        match (fault.code(), fault.problem()) {
            (Some(ErrorCode::ConversationOpen), Some(problem)) => {
                let open = problem.conversation_id;
                self.checked.update(|checked| {
                    if let Some(Ok(check)) = checked {
                        check.conversation_id = open;
                    }
                });
            }
            (Some(ErrorCode::NumberOptedOut), _) => self.check(),
            (Some(ErrorCode::IdempotencyKeyReused), _) => {
                self.change(|draft| draft.key = new_idempotency_key());
                return self.form.refused(Fault::in_field(
                    "body",
                    "An earlier version of this message was sent already. Search for the number before you send again.",
                ));
            }
            _ => {}
        }
        let is_decided = fault.problem().is_some_and(|problem| matches!(problem.status, 409 | 422));
        if is_decided && fault.code() != Some(ErrorCode::RequestInProgress) {
            // It certainly was not sent, so the next try is a new request. Anything else may have been: the same key.
            self.change(|draft| draft.key = new_idempotency_key());
        }
        self.form.refused(fault);
    }

    /// Begins another message.
    pub(super) fn again(self) {
        self.typing.forget();
        self.checked.set(None);
        self.replaced.set(None);
        self.form.clear();
        self.sent.set(None);
    }
}

/// Why a text cannot be sent as it is.
fn text_obstacle(text: String) -> Option<String> {
    let body = match MessageBody::parse(text) {
        Ok(body) => body,
        Err(fault) => return Some(fault.to_string()),
    };
    if let Some(broken) = broken_placeholder(body.as_str()) {
        return Some(broken.to_string());
    }
    let missing = placeholders(body.as_str());
    (!missing.is_empty()).then(|| format!("Not sent. Fill in first: {}", missing.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_broken_or_missing_placeholder_is_not_sent() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && text_obstacle(text.to_owned()) == broken, "{text}");
        }
        let missing = text_obstacle("Hi {{name}}".to_owned());
        assert_eq!(missing.as_deref(), Some("Not sent. Fill in first: name"));
        assert_eq!(text_obstacle("Hi Maria :-}".to_owned()), None);
    }

    #[test]
    fn a_brace_typed_for_a_gap_does_not_reach_the_customer() {
        let mut text = Text::new("Hi {{name}}".to_owned());
        text.fill_in("name", "{{Maria".to_owned());
        assert!(text_obstacle(text.shown()).is_some_and(|words| words.contains("“{{Maria”")));
    }
}
