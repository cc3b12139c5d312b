//! State of the composer. Every edit is stored as a draft, and a draft is sent once.

use leptos::{html, prelude::*};
use shared::{
    ErrorCode,
    ids::MessageId,
    message::{Message, MessageBody, NewMessage},
    template::{RenderedTemplate, broken_placeholder, placeholders},
};
use web_sys::StorageEvent;

use super::{
    ConversationContext,
    draft::{Draft, StorageKey},
};
use crate::{
    api::{RequestError, new_idempotency_key},
    session::use_session,
    tasks::spawn_detached,
};

/// The reply being written.
#[derive(Clone, Copy)]
pub(super) struct ReplyState {
    pub(super) context: ConversationContext,
    key: StoredValue<StorageKey>,
    /// Content of the message box.
    pub(super) draft: RwSignal<Draft>,
    /// Why the reply was not sent.
    pub(super) error: RwSignal<Option<String>>,
    /// Messages that hold the reply because the agent has not seen them.
    pub(super) held_by: RwSignal<Vec<Message>>,
    /// The draft that a template has replaced.
    pub(super) replaced: RwSignal<Option<Draft>>,
    /// Whether the reply is being sent.
    pub(super) busy: RwSignal<bool>,
    /// The message box.
    pub(super) message: NodeRef<html::Textarea>,
}

impl ReplyState {
    /// Loads the stored draft of the conversation.
    pub(super) fn new(context: ConversationContext) -> Self {
        let key = StorageKey::new(use_session().account(), context.id);
        let state = Self {
            context,
            draft: RwSignal::new(Draft::load(&key)),
            key: StoredValue::new(key),
            error: RwSignal::new(None),
            held_by: RwSignal::new(Vec::new()),
            replaced: RwSignal::new(None),
            busy: RwSignal::new(false),
            message: NodeRef::new(),
        };
        let listener =
            window_event_listener(leptos::ev::storage, move |change| state.storage_changed(&change));
        on_cleanup(move || listener.remove());
        state
    }

    /// Takes over a change of the stored draft by another tab.
    fn storage_changed(self, change: &StorageEvent) {
        let now =
            self.key.with_value(|key| self.draft.with_untracked(|draft| draft.after_change(change, key)));
        if let Some(now) = now.filter(|_| !self.busy.get_untracked()) {
            self.draft.set(now);
        }
    }

    /// Changes and stores the draft, and clears the error.
    pub(super) fn change(self, change: impl FnOnce(&mut Draft)) {
        self.update(|draft| {
            change(draft);
            draft.last_seen = None;
        });
        self.error.set(None);
    }

    fn update(self, change: impl FnOnce(&mut Draft)) {
        self.draft.try_update(change);
        self.key.try_with_value(|key| self.draft.try_with_untracked(|draft| draft.save(key)));
    }

    /// Handles input in the message box.
    pub(super) fn edit(self, text: String) {
        self.replaced.set(None);
        self.change(|draft| {
            if text.is_empty() {
                draft.template_id = None;
            }
            draft.text = text;
        });
    }

    /// Replaces the text with a template. The replaced draft can be restored.
    pub(super) fn choose(self, template: &RenderedTemplate) {
        let before = self.draft.get_untracked();
        self.replaced
            .set((!before.text.trim().is_empty() && before.text != template.rendered).then_some(before));
        self.change(|draft| {
            draft.text.clone_from(&template.rendered);
            draft.template_id = Some(template.id);
        });
        self.focus();
    }

    /// Updates an unedited template text in the box when its values have changed.
    pub(super) fn refresh(self, before: &RenderedTemplate, now: &RenderedTemplate) {
        let is_unedited = self.draft.try_with_untracked(|draft| {
            draft.template_id == Some(before.id) && draft.text == before.rendered
        });
        if is_unedited == Some(true) && before.rendered != now.rendered && !self.busy.get_untracked() {
            self.change(|draft| draft.text.clone_from(&now.rendered));
        }
    }

    /// Focuses the message box.
    pub(super) fn focus(self) {
        if let Some(message) = self.message.try_get_untracked().flatten() {
            let _ = message.focus();
        }
    }

    /// Returns why the text cannot be sent, or `None` if it can.
    fn validate(text: &str) -> Option<String> {
        if let Err(error) = MessageBody::parse(text.to_owned()) {
            return Some(error.to_string());
        }
        if let Some(broken) = broken_placeholder(text) {
            return Some(broken.to_string());
        }
        let missing = placeholders(text);
        (!missing.is_empty()).then(|| format!("Not sent. Fill in first: {}", joined(&missing)))
    }

    /// Sends the reply if it is valid. `last_seen` is the newest message that the agent has seen.
    pub(super) fn send(self, last_seen: Option<MessageId>) {
        if self.busy.get_untracked() {
            return;
        }
        let draft = self.draft.get_untracked();
        if let Some(reason) = Self::validate(&draft.text) {
            self.error.set(Some(reason));
            return self.focus();
        }
        self.busy.set(true);
        self.error.set(None);
        self.focus();
        // 0 if the agent has seen no message: the server then holds the reply and returns the messages.
        let last_seen = draft.last_seen.or(last_seen).or(Some(MessageId(0)));
        self.update(|draft| draft.last_seen = last_seen);
        let key = self.key.get_value();
        let reply = NewMessage {
            body: draft.text,
            template_id: draft.template_id,
            last_seen_message_id: last_seen,
            media: None,
        };
        // Detached, so that the request completes if the agent leaves the page.
        spawn_detached(async move {
            let response = self.context.client.create_message(self.context.id, &reply, &draft.key).await;
            self.busy.try_set(false);
            match response {
                Ok(message) => {
                    Draft::delete(&key, &draft.key);
                    self.sent(&reply.body);
                    self.context.thread.add_sent(message);
                }
                Err(error) => self.refused(&error),
            }
            self.focus();
        });
    }

    /// Clears the box after sending. If the text has changed in the meantime, keeps it as a new draft.
    fn sent(self, text: &str) {
        self.held_by.try_set(Vec::new());
        if self.draft.try_with_untracked(|draft| draft.text == text) == Some(true) {
            self.draft.set(Draft::empty());
            self.replaced.set(None);
        } else {
            self.update(|draft| draft.key = new_idempotency_key());
        }
    }

    /// Refetches the conversation, if its page is still open.
    fn refetch(self) {
        self.context.refetch.try_run(());
    }

    fn refused(self, error: &RequestError) {
        if error.problem().is_some() {
            // The server has refused it, so the next attempt is a new request.
            self.update(|draft| draft.last_seen = None);
        }
        match (error.code(), error.problem()) {
            (Some(ErrorCode::ConversationMoved), Some(problem)) => {
                self.context.thread.merge(problem.messages.clone());
                self.held_by.try_set(problem.messages.clone());
                return;
            }
            (Some(ErrorCode::ConversationClosed | ErrorCode::NumberOptedOut), _) => self.refetch(),
            (Some(ErrorCode::IdempotencyKeyReused), _) => {
                // An earlier version did arrive, although its response was lost.
                self.update(|draft| draft.key = new_idempotency_key());
                self.refetch();
                self.error.try_set(Some(
                    "An earlier version of this message was sent already. Read the conversation before you send again."
                        .to_owned(),
                ));
                return;
            }
            _ => {}
        }
        let field = error.problem().and_then(|problem| problem.field("body")).map(str::to_owned);
        self.error.try_set(Some(field.unwrap_or_else(|| error.message())));
    }
}

/// "{{Due date}}, {{Balance}}"
pub(super) fn joined(placeholders: &[String]) -> String {
    let marked: Vec<String> = placeholders.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    marked.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_broken_or_unfilled_placeholder_is_not_sent() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && ReplyState::validate(text) == broken, "{text}");
        }
        let missing = ReplyState::validate("Hi {{name}}");
        assert_eq!(missing.as_deref(), Some("Not sent. Fill in first: {{name}}"));
        for text in ["Hi Maria", "{name} 100 % {", ":-}"] {
            assert_eq!(ReplyState::validate(text), None, "{text}");
        }
    }
}
