//! State of the reply form: the composer, and the new messages that hold a reply.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    ErrorCode,
    conversation::ConversationStatus,
    event::EventKind,
    ids::{AccountId, ConversationId, MessageId, TemplateId},
    message::{Message, NewMessage},
};

use super::{ConversationContext, undo::Undoable};
use crate::{
    api::RequestError,
    clock::now,
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
    /// When the message goes out, in milliseconds; `None`: at once.
    #[serde(default)]
    send_at: Option<i64>,
    /// Whether `send_at` is only the time in which sending can be undone.
    #[serde(default)]
    is_undoable: bool,
}

impl Attempt {
    fn is_for(&self, timing: Timing) -> bool {
        match timing {
            Timing::Now => self.send_at.is_none(),
            Timing::Undoable(_) => self.is_undoable,
            Timing::At(at) => !self.is_undoable && self.send_at == Some(at.timestamp_millis()),
        }
    }
}

/// When a message goes out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Timing {
    Now,
    /// In a number of seconds, in which sending can be undone.
    Undoable(u8),
    At(DateTime<Utc>),
}

impl Timing {
    fn send_at(self) -> Option<i64> {
        match self {
            Self::Now => None,
            Self::Undoable(seconds) => Some(now().timestamp_millis() + 1000 * i64::from(seconds)),
            Self::At(at) => Some(at.timestamp_millis()),
        }
    }
}

/// The reply being written.
#[derive(Clone, Copy)]
pub(super) struct ReplyState {
    pub(super) context: ConversationContext,
    pub(super) composer: Composer<ReplyDetails>,
    /// Messages that hold the reply because the agent has not seen them.
    pub(super) held_by: RwSignal<Vec<Message>>,
    /// For how many seconds a sent message can be undone: the account's own setting.
    undo_seconds: Memo<u8>,
    /// When the message of the last attempt was to go out.
    timing: StoredValue<Timing>,
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
        let (held_by, timing) = (RwSignal::new(Vec::new()), StoredValue::new(Timing::Now));
        let session = use_session();
        let undo_seconds = Memo::new(move |_| session.preferences(|own| own.undo_seconds));
        Self { context, composer: Composer::new(key), held_by, undo_seconds, timing, notices: use_notices() }
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
            // The account may have sent or scheduled the draft on another device.
            LiveUpdate::Event(event)
                if matches!(event.kind, EventKind::MessageQueued | EventKind::MessageScheduled)
                    && event.conversation_id == Some(context.id) =>
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
        self.send_with(
            last_seen,
            match self.undo_seconds.get_untracked() {
                0 => Timing::Now,
                seconds => Timing::Undoable(seconds),
            },
        );
    }

    /// Schedules the reply if it is valid.
    pub(super) fn schedule(self, at: DateTime<Utc>) {
        self.send_with(self.context.thread.seen.get_untracked(), Timing::At(at));
    }

    /// Repeats the attempt that new messages have held.
    pub(super) fn send_anyway(self, last_seen: Option<MessageId>) {
        self.send_with(last_seen, self.timing.get_value());
    }

    fn send_with(self, last_seen: Option<MessageId>, timing: Timing) {
        let Self { context, composer, .. } = self;
        if composer.form.busy.get_untracked() || !composer.check_text() {
            return;
        }
        composer.focus();
        let draft = composer.draft.get_untracked();
        let (body, template_id) = (draft.text.shown(), draft.template_id());
        let unanswered = draft.details.unanswered.clone();
        let attempt = unanswered
            .filter(|attempt| {
                attempt.body == body && attempt.template_id == template_id && attempt.is_for(timing)
            })
            .unwrap_or(Attempt {
                body,
                template_id,
                // 0 if the agent has seen no message: the server then holds the reply and returns the messages.
                last_seen: last_seen.or(Some(MessageId(0))),
                send_at: timing.send_at(),
                is_undoable: matches!(timing, Timing::Undoable(_)),
            });
        composer.update(|draft| draft.details.unanswered = Some(attempt.clone()));
        self.timing.set_value(timing);
        let (key, sent) = (draft.key.clone(), draft.clone());
        let request = async move {
            let Attempt { body, template_id, last_seen, send_at, .. } = attempt;
            let send_at = send_at.and_then(DateTime::from_timestamp_millis);
            let reply =
                NewMessage { body, template_id, last_seen_message_id: last_seen, send_at, media: None };
            context.client.create_message(context.id, &reply, &key).await
        };
        composer.send(
            draft,
            request,
            move |message| {
                self.held_by.try_set(Vec::new());
                if matches!(timing, Timing::Undoable(_)) {
                    let undoable = Undoable { message: message.id, draft: sent, composer };
                    context.scheduling.undoable.try_update(|all| all.push(undoable));
                }
                context.thread.add_sent(message);
                composer.focus();
            },
            move |error| self.refused(error, last_seen, timing),
        );
    }

    /// Handles a reply that was not sent, and returns the error to show.
    fn refused(
        self,
        error: RequestError,
        last_seen: Option<MessageId>,
        timing: Timing,
    ) -> Result<(), RequestError> {
        let is_too_late = error.problem().is_some_and(|problem| problem.field("send_at").is_some());
        if is_too_late && matches!(timing, Timing::Undoable(_)) {
            // An attempt that got lost is repeated after the seconds in which it could be undone.
            self.send_with(last_seen, timing);
            return Ok(());
        }
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
                self.context.refetch.try_run(());
                Err(error)
            }
            _ => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_sends_the_same_request_only_for_the_same_time() {
        let attempt = |send_at: Option<i64>, is_undoable| Attempt {
            body: "Friday".to_owned(),
            template_id: None,
            last_seen: None,
            send_at,
            is_undoable,
        };
        let nine = Timing::At(DateTime::UNIX_EPOCH);
        for (made, same) in [
            (attempt(None, false), [true, false, false]),
            (attempt(Some(5000), true), [false, true, false]),
            (attempt(Some(0), false), [false, false, true]),
            (attempt(Some(1), false), [false, false, false]),
        ] {
            let found = [Timing::Now, Timing::Undoable(5), nine].map(|timing| made.is_for(timing));
            assert_eq!(found, same, "{made:?}");
        }
    }

    #[test]
    fn a_stored_attempt_of_an_earlier_version_was_sent_at_once() {
        let attempt: Attempt =
            serde_json::from_str(r#"{"body": "Friday", "template_id": null, "last_seen": 4}"#).unwrap();
        assert!(attempt.is_for(Timing::Now));
    }
}
