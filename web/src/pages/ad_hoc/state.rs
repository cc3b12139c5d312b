//! State of the ad-hoc dialog. Every edit is stored as a draft, and a draft is sent once.

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
    draft::{Draft, StorageKey},
    text::Text,
};
use crate::{
    api::{Client, RequestError, new_idempotency_key},
    components::{
        form::Form,
        notices::{Notices, use_notices},
    },
    debounce::Debounced,
    keys::focus_first,
    session::{use_client, use_session},
    tasks::spawn_detached,
};

/// Why no message can be sent to a number.
#[derive(Clone, PartialEq)]
pub(super) enum Blocked {
    /// A conversation with the number is in progress.
    Open(ConversationId),
    /// The number has opted out of messages from the team number.
    OptedOut(Consent),
}

/// The ad-hoc message being written.
#[derive(Clone, Copy)]
pub(super) struct AdHocState {
    pub(super) client: Client,
    notices: Notices,
    key: StoredValue<StorageKey>,
    debounced: Debounced,
    /// The sending team.
    pub(super) team: StoredValue<TeamSummary>,
    /// Content of the fields.
    pub(super) draft: RwSignal<Draft>,
    /// The draft that a template has replaced.
    pub(super) replaced: RwSignal<Option<Draft>>,
    /// Result of checking the typed number; `None` until it arrives.
    pub(super) checked: RwSignal<Option<Result<NumberCheck, RequestError>>>,
    /// Whether the message is being sent, and its errors.
    pub(super) form: Form,
    /// The conversation of the sent message.
    pub(super) sent: RwSignal<Option<Conversation>>,
}

impl AdHocState {
    /// Loads the stored draft of the team.
    pub(super) fn new(team: TeamSummary) -> Self {
        let key = StorageKey::new(use_session().account(), team.id);
        let state = Self {
            client: use_client(),
            notices: use_notices(),
            debounced: Debounced::new(),
            draft: RwSignal::new(Draft::load(&key)),
            key: StoredValue::new(key),
            team: StoredValue::new(team),
            replaced: RwSignal::new(None),
            checked: RwSignal::new(None),
            form: Form::new(),
            sent: RwSignal::new(None),
        };
        state.check();
        state
    }

    /// Changes and stores the draft, and clears the errors.
    pub(super) fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        self.save();
        self.form.clear();
    }

    fn save(self) {
        self.key.try_with_value(|key| self.draft.try_with_untracked(|draft| draft.save(key)));
    }

    /// Handles input in the number field.
    pub(super) fn edit_number(self, text: String) {
        self.change(|draft| draft.number = text);
        // The last result belongs to the previous input.
        self.checked.set(None);
        self.check();
    }

    /// Checks the typed number on the server.
    pub(super) fn check(self) {
        let input = self.draft.with_untracked(|draft| draft.number.trim().to_owned());
        if input.is_empty() {
            return self.debounced.cancel();
        }
        let (client, team) = (self.client, self.team.with_value(|team| team.id));
        self.debounced.run(async move { client.check_number(team, &input).await }, move |response| {
            self.checked.set(Some(response));
        });
    }

    /// Returns the customer's number, once the server has found it valid.
    pub(super) fn number(self) -> Option<PhoneNumber> {
        self.checked.with(|checked| match checked {
            Some(Ok(check)) if check.valid => check.number.clone(),
            _ => None,
        })
    }

    /// Returns the team number to send from: the chosen one, else that of the customer's last conversation, else the
    /// first.
    pub(super) fn from(self) -> Option<PhoneNumber> {
        let known = || self.checked.with(|checked| checked.as_ref()?.as_ref().ok()?.from.clone());
        let first = || self.team.with_value(|team| team.numbers.first().cloned());
        self.chosen_from().or_else(known).or_else(first)
    }

    /// Returns the chosen team number, if it still belongs to the team.
    fn chosen_from(self) -> Option<PhoneNumber> {
        let chosen = self.draft.with(|draft| draft.from.clone());
        self.team.with_value(|team| chosen.filter(|number| team.numbers.contains(number)))
    }

    /// Returns why no message can be sent to the number.
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

    /// Replaces the text with a template. A replaced text of the agent can be restored.
    pub(super) fn choose_template(self, template: &RenderedTemplate) {
        let before = self.draft.get_untracked();
        let is_own = !before.is_unedited() && !before.text.shown().trim().is_empty();
        if is_own {
            self.replaced.set(Some(before));
        }
        let number = untrack(|| self.number());
        self.change(|draft| draft.choose_template(template, number));
    }

    /// Replaces an unedited template text with the same template filled in for another number.
    pub(super) fn refill_template(self, templates: &[RenderedTemplate], number: Option<&PhoneNumber>) {
        // Does not clear the errors, because the agent has not edited anything.
        self.draft.update(|draft| draft.refill_template(templates, number));
        self.save();
    }

    /// Handles input in the message box.
    pub(super) fn edit_text(self, text: String) {
        self.replaced.set(None);
        self.change(|draft| draft.edit(text));
    }

    /// Restores the draft that a template has replaced.
    pub(super) fn restore_replaced(self) {
        if let Some(before) = self.replaced.get_untracked() {
            self.replaced.set(None);
            self.change(|draft| {
                draft.text = before.text;
                draft.template = before.template;
            });
        }
    }

    /// Returns the first error of a draft that cannot be sent.
    fn validate(self, draft: &Draft) -> Option<RequestError> {
        let error = |field: &str, text: &str| Some(RequestError::in_field(field, text));
        match self.checked.get_untracked() {
            _ if draft.number.trim().is_empty() => return error("number", "Enter a number."),
            None => return error("number", "The number is being checked. Try again in a moment."),
            Some(Ok(NumberCheck { valid: false, reason, .. })) => {
                return error("number", reason.as_deref().unwrap_or("This number cannot receive messages."));
            }
            // The check failed. Sending reports the same error, or succeeds if the server is reachable again.
            Some(_) => {}
        }
        if let Some(text) = text_error(draft.text.shown()) {
            return error("body", &text);
        }
        let stale = draft.is_unedited()
            && untrack(|| self.number()).is_some_and(|number| draft.is_for_another(&number));
        if stale {
            return error(
                "body",
                "Not sent. The template was filled in for another number. Fill it in again.",
            );
        }
        None
    }

    /// Sends the message, if it is valid and the number is not blocked.
    pub(super) fn send(self) {
        if self.form.busy.get_untracked() || untrack(|| self.blocked()).is_some() {
            return;
        }
        let draft = self.draft.get_untracked();
        if let Some(error) = self.validate(&draft) {
            let is_number = error.problem().is_some_and(|problem| problem.field("number").is_some());
            self.form.set_error(error);
            return focus_first(if is_number { "#ad-hoc-number" } else { "#ad-hoc-message" });
        }
        self.form.clear();
        self.form.busy.set(true);
        let key = self.key.get_value();
        let new = NewConversation {
            team_id: self.team.with_value(|team| team.id),
            number: draft.number.trim().to_owned(),
            body: draft.text.shown(),
            // Empty unless the agent has chosen a number: the server knows that of the customer's last conversation.
            from: untrack(|| self.chosen_from()),
            template_id: draft.template.map(|chosen| chosen.id),
            media: None,
        };
        // Detached, so that the request completes if the agent closes the dialog.
        spawn_detached(async move {
            let response = self.client.create_conversation(&new, &draft.key).await;
            self.form.busy.try_set(false);
            match response {
                Ok(conversation) => {
                    Draft::delete(&key, &draft.key);
                    self.clear_sent(&draft.text);
                    if let Some(Some(conversation)) = self.sent.try_set(Some(conversation)) {
                        self.notices.info(&format!("Sent to {}.", conversation.number.display()));
                    }
                }
                Err(error) => self.refused(error),
            }
        });
    }

    /// Clears the draft after sending. If the text has changed in the meantime, keeps it as a new draft.
    fn clear_sent(self, sent: &Text) {
        if self.draft.try_with_untracked(|draft| draft.text == *sent) == Some(true) {
            self.draft.set(Draft::empty());
        } else {
            self.draft.try_update(|draft| draft.key = new_idempotency_key());
            self.save();
        }
    }

    fn refused(self, error: RequestError) {
        if self.form.busy.is_disposed() {
            return self.notices.error(&error);
        }
        match (error.code(), error.problem()) {
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
                return self.form.set_error(RequestError::in_field(
                    "body",
                    "An earlier version of this message was sent already. Search for the number before you send again.",
                ));
            }
            _ => {}
        }
        let is_decided = error.problem().is_some_and(|problem| matches!(problem.status, 409 | 422));
        if is_decided && error.code() != Some(ErrorCode::RequestInProgress) {
            // The server has refused it, so the next attempt is a new request. After any other error the message may
            // have been sent, so the key stays.
            self.change(|draft| draft.key = new_idempotency_key());
        }
        self.form.set_error(error);
    }

    /// Returns to the form for another message.
    pub(super) fn start_another(self) {
        self.debounced.cancel();
        self.checked.set(None);
        self.replaced.set(None);
        self.form.clear();
        self.sent.set(None);
    }
}

/// Returns why a text cannot be sent, or `None` if it can.
fn text_error(text: String) -> Option<String> {
    let body = match MessageBody::parse(text) {
        Ok(body) => body,
        Err(error) => return Some(error.to_string()),
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
    fn a_text_with_a_broken_or_unfilled_placeholder_is_not_sent() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && text_error(text.to_owned()) == broken, "{text}");
        }
        let missing = text_error("Hi {{name}}".to_owned());
        assert_eq!(missing.as_deref(), Some("Not sent. Fill in first: name"));
        assert_eq!(text_error("Hi Maria :-}".to_owned()), None);
    }

    #[test]
    fn a_value_with_a_brace_is_not_sent() {
        let mut text = Text::new("Hi {{name}}".to_owned());
        text.set_value("name", "{{Maria".to_owned());
        assert!(text_error(text.shown()).is_some_and(|error| error.contains("“{{Maria”")));
    }
}
