//! State of the reply form: the composer, and the new messages that hold a reply.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    ErrorCode,
    conversation::ConversationStatus,
    event::EventKind,
    ids::{AccountId, ConversationId, MessageId, TemplateId},
    message::{Message, NewMessage},
};

use super::ConversationContext;
use crate::{
    api::RequestError,
    components::notices::{Notices, use_notices},
    compose::{
        Composer,
        autosave::Autosave,
        draft::{Details, Draft, StorageKey},
    },
    live::{LiveUpdate, use_live},
    pages::queue::drafts::use_drafts,
    session::use_session,
};

/// What the draft of a reply stores beside the text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ReplyDetails {
    /// The last attempt, until the server answers. A retry with the same text sends the same request, so that its
    /// idempotency key matches.
    unanswered: Option<Attempt>,
}

impl Details for ReplyDetails {
    fn after_answer(self) -> Self {
        Self::default()
    }

    fn is_unanswered(&self) -> bool {
        self.unanswered.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Attempt {
    body: String,
    template_id: Option<TemplateId>,
    last_seen: Option<MessageId>,
}

/// The reply being written.
#[derive(Clone, Copy)]
pub(super) struct ReplyState {
    pub(super) context: ConversationContext,
    pub(super) composer: Composer<ReplyDetails>,
    /// Messages that hold the reply because the agent has not seen them.
    pub(super) held_by: RwSignal<Vec<Message>>,
    notices: Notices,
}

fn storage_key(account: Option<AccountId>, conversation: ConversationId) -> StorageKey {
    StorageKey::new("reply", account, conversation.0)
}

/// Returns the text of the stored draft of a reply in this conversation.
pub(super) fn stored_text(account: Option<AccountId>, conversation: ConversationId) -> String {
    Draft::<ReplyDetails>::load(&storage_key(account, conversation)).text.shown()
}

/// Deletes the stored draft of a reply in this conversation.
pub(super) fn delete_draft(account: Option<AccountId>, conversation: ConversationId) {
    Draft::<ReplyDetails>::empty().save(&storage_key(account, conversation));
}

impl ReplyState {
    pub(super) fn new(context: ConversationContext) -> Self {
        let key = storage_key(use_session().account(), context.id);
        let held_by = RwSignal::new(Vec::new());
        Self { context, composer: Composer::new(key), held_by, notices: use_notices() }
    }

    /// Keeps the draft on the server too, until the current owner is disposed. Returns whether its last change is only in
    /// the browser.
    pub(super) fn save_on_server(self) -> RwSignal<bool> {
        let Self { context, composer, .. } = self;
        let is_open = context.read(|detail| detail.conversation.status != ConversationStatus::Closed);
        let path = format!("/conversations/{}/draft", context.id);
        let autosave = Autosave::start(composer, context.client, path, is_open.into());
        let has_text = Memo::new(move |_| composer.draft.with(|draft| !draft.text.is_empty()));
        let drafts = use_drafts();
        if has_text.get_untracked()
            || context.read(|detail| detail.has_draft).get_untracked()
            // The conversation may have been fetched before another device saved the draft.
            || drafts.is_some_and(|drafts| drafts.contain(context.id))
        {
            autosave.fetch();
        }
        if let Some(drafts) = drafts {
            Effect::new(move |before: Option<bool>| {
                let has_text = has_text.get();
                // At the beginning, an empty box does not say that the server has no draft.
                if has_text || before.is_some() {
                    drafts.set(context.id, has_text);
                }
                has_text
            });
        }
        use_live().listen(move |update| match update {
            LiveUpdate::Opened => autosave.fetch(),
            // The account may have sent the draft on another device.
            LiveUpdate::Event(event)
                if event.kind == EventKind::MessageQueued && event.conversation_id == Some(context.id) =>
            {
                if has_text.get_untracked() {
                    autosave.fetch();
                }
            }
            LiveUpdate::Event(_) => {}
        });
        autosave.has_failed
    }

    /// Sends the reply if it is valid. `last_seen` is the newest message that the agent has seen.
    pub(super) fn send(self, last_seen: Option<MessageId>) {
        let Self { context, composer, .. } = self;
        if composer.form.busy.get_untracked() || !composer.check_text() {
            return;
        }
        composer.focus();
        let draft = composer.draft.get_untracked();
        let (body, template_id) = (draft.text.shown(), draft.template_id());
        let unanswered = draft.details.unanswered.clone();
        let attempt = unanswered
            .filter(|attempt| attempt.body == body && attempt.template_id == template_id)
            // 0 if the agent has seen no message: the server then holds the reply and returns the messages.
            .unwrap_or(Attempt { body, template_id, last_seen: last_seen.or(Some(MessageId(0))) });
        composer.update(|draft| draft.details.unanswered = Some(attempt.clone()));
        let key = draft.key.clone();
        let request = async move {
            let Attempt { body, template_id, last_seen } = attempt;
            let reply = NewMessage { body, template_id, last_seen_message_id: last_seen, media: None };
            context.client.create_message(context.id, &reply, &key).await
        };
        composer.send(
            draft,
            request,
            move |message| {
                self.held_by.try_set(Vec::new());
                context.thread.add_sent(message);
                composer.focus();
            },
            move |error| self.refused(error),
        );
    }

    /// Handles a reply that was not sent, and returns the error to show.
    fn refused(self, error: RequestError) -> Result<(), RequestError> {
        if self.context.writes_note.get_untracked() {
            // The focus stays in the note, so that its text does not get into the reply.
            self.notices.warning("Your reply was not sent. Choose Reply to see why.");
        } else {
            self.composer.focus();
        }
        let Some(problem) = error.problem() else { return Err(error) };
        match problem.code {
            ErrorCode::ConversationMoved => {
                let messages = problem.messages()?;
                self.context.thread.merge(messages.clone());
                self.held_by.set(messages);
                Ok(())
            }
            ErrorCode::ConversationClosed | ErrorCode::NumberOptedOut | ErrorCode::IdempotencyKeyReused => {
                self.context.refetch.run(());
                Err(error)
            }
            _ => Err(error),
        }
    }
}
