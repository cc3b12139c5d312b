//! State of the ad-hoc dialog: the composer, the number, and why it cannot receive messages.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    ErrorCode, PhoneNumber,
    consent::Consent,
    conversation::{Conversation, NewConversation, NumberCheck},
    ids::ConversationId,
    team::TeamSummary,
};

use crate::{
    api::{Client, RequestError},
    components::notices::{Notices, use_notices},
    compose::{
        Composer,
        autosave::Autosave,
        draft::{Details, StorageKey},
    },
    debounce::Debounced,
    keys::focus_first,
    language::{received, t},
    session::{use_client, use_session},
};

/// The numbers of an ad-hoc message, stored with its draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Numbers {
    /// The customer's number, as typed.
    pub(super) to: String,
    /// The chosen team number to send from.
    pub(super) from: Option<PhoneNumber>,
    /// Whether the last attempt to send the message has no answer yet.
    #[serde(default)]
    unanswered: bool,
}

impl Details for Numbers {
    fn after_answer(self) -> Self {
        Self { unanswered: false, ..self }
    }

    fn is_unanswered(&self) -> bool {
        self.unanswered
    }
}

/// Why no message can be sent to a number.
#[derive(Clone, PartialEq)]
pub(super) enum Blocked {
    /// A conversation with the number is in progress.
    Open(ConversationId),
    /// The number has opted out of messages from the team number.
    OptedOut(Consent),
}

/// Returns why a number cannot receive messages.
pub(super) fn unusable(reason: Option<&str>) -> String {
    let reason = reason.filter(|reason| !reason.is_empty());
    reason.map_or_else(|| t!("This number cannot receive messages.").to_owned(), received)
}

/// The ad-hoc message being written.
#[derive(Clone, Copy)]
pub(super) struct AdHocState {
    pub(super) client: Client,
    notices: Notices,
    debounced: Debounced,
    /// The sending team.
    pub(super) team: StoredValue<TeamSummary>,
    pub(super) composer: Composer<Numbers>,
    /// Whether the draft's last change is only in the browser. The server keeps the text, and not the numbers.
    pub(super) is_only_here: RwSignal<bool>,
    /// The customer's number, as typed.
    pub(super) typed: Memo<String>,
    /// Result of checking the typed number; `None` until it arrives.
    pub(super) checked: RwSignal<Option<Result<NumberCheck, RequestError>>>,
    /// The conversation of the sent message.
    pub(super) sent: RwSignal<Option<Conversation>>,
}

impl AdHocState {
    /// Loads the stored draft of the team.
    pub(super) fn new(team: TeamSummary) -> Self {
        let composer: Composer<Numbers> =
            Composer::new(StorageKey::new("ad-hoc", use_session().account(), team.id.0));
        let client = use_client();
        let path = format!("/teams/{}/ad_hoc_draft", team.id);
        let autosave = Autosave::start(composer, client, path, Signal::stored(true));
        autosave.fetch();
        let state = Self {
            client,
            notices: use_notices(),
            debounced: Debounced::new(),
            composer,
            is_only_here: autosave.has_failed,
            typed: Memo::new(move |_| composer.draft.with(|draft| draft.details.to.clone())),
            team: StoredValue::new(team),
            checked: RwSignal::new(None),
            sent: RwSignal::new(None),
        };
        // The number changes by typing, in another tab, and when the message is sent.
        Effect::new(move |_| {
            let typed = state.typed.get();
            // The last result belongs to the previous number.
            state.checked.set(None);
            untrack(|| state.check(&typed));
        });
        state
    }

    /// Checks a number on the server.
    fn check(self, typed: &str) {
        let input = typed.trim().to_owned();
        if input.is_empty() {
            return self.debounced.cancel();
        }
        let (client, team) = (self.client, self.team.with_value(|team| team.id));
        self.debounced.run(async move { client.check_number(team, &input).await }, move |response| {
            // Since the number has changed, the form can only have said that the number is being checked.
            if self.checked.get_untracked().is_none() {
                self.composer.form.clear();
            }
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
        let chosen = self.composer.draft.with(|draft| draft.details.from.clone());
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

    /// Returns why the number cannot be used, or `None` if the check found no reason or failed.
    fn number_error(self) -> Option<String> {
        match self.checked.get_untracked() {
            _ if self.typed.with_untracked(|typed| typed.trim().is_empty()) => {
                Some(t!("Enter a number.").to_owned())
            }
            None => Some(t!("The number is being checked. Try again in a moment.").to_owned()),
            Some(Ok(NumberCheck { valid: false, reason, .. })) => Some(unusable(reason.as_deref())),
            // The check failed. Sending reports the same error, or succeeds if the server is reachable again.
            Some(_) => None,
        }
    }

    /// Returns whether the text is a template that was filled in for another number.
    fn is_stale(self) -> bool {
        let number = untrack(|| self.number());
        self.composer.draft.with_untracked(|draft| {
            draft.has_unedited_template() && number.is_some_and(|number| draft.is_filled_for_another(&number))
        })
    }

    /// Sends the message, if it is valid and the number is not blocked.
    pub(super) fn send(self) {
        let composer = self.composer;
        if composer.form.busy.get_untracked() || untrack(|| self.blocked()).is_some() {
            return;
        }
        if let Some(error) = self.number_error() {
            composer.form.set_error(RequestError::in_field("number", &error));
            return focus_first("#ad-hoc-number");
        }
        if !composer.check_text() {
            return;
        }
        if self.is_stale() {
            return composer
                .refuse(t!("Not sent. The template was filled in for another number. Fill it in again."));
        }
        composer.update(|draft| draft.details.unanswered = true);
        let draft = composer.draft.get_untracked();
        let new = NewConversation {
            team_id: self.team.with_value(|team| team.id),
            number: draft.details.to.trim().to_owned(),
            body: draft.text.shown(),
            // Empty unless the agent has chosen a number: the server knows that of the customer's last conversation.
            from: untrack(|| self.chosen_from()),
            template_id: draft.template_id(),
            media: None,
        };
        let (client, key) = (self.client, draft.key.clone());
        composer.send(
            draft,
            async move { client.create_conversation(&new, &key).await },
            move |conversation| {
                // `try_set` returns the conversation if the dialog is closed.
                if let Some(Some(conversation)) = self.sent.try_set(Some(conversation)) {
                    self.notices.info(&t!("Sent to {number}.", number = conversation.number.display()));
                }
            },
            move |error| self.refused(error),
        );
    }

    /// Handles a message that was not sent, and returns the error to show.
    fn refused(self, error: RequestError) -> Result<(), RequestError> {
        match (error.code(), error.problem()) {
            (Some(ErrorCode::ConversationOpen), Some(problem)) => {
                let open = problem.conversation_id;
                self.checked.update(|checked| {
                    if let Some(Ok(check)) = checked {
                        check.conversation_id = open;
                    }
                });
            }
            (Some(ErrorCode::NumberOptedOut), _) => self.check(&self.typed.get_untracked()),
            _ => {}
        }
        Err(error)
    }

    /// Returns to the form for another message.
    pub(super) fn start_another(self) {
        self.composer.form.clear();
        self.sent.set(None);
    }
}
