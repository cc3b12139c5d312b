//! A reply being written and sent: nothing typed is ever lost, and nothing is sent twice.

use leptos::{html, prelude::*};
use shared::{
    ErrorCode,
    ids::MessageId,
    message::{Message, MessageBody, NewMessage},
    template::{RenderedTemplate, broken_placeholder, placeholders},
};
use web_sys::StorageEvent;

use super::{
    Desk,
    draft::{Draft, Place},
};
use crate::{
    api::{Fault, new_idempotency_key},
    session::use_session,
    tasks::start_detached,
};

/// A reply being written.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    /// The page.
    pub(super) desk: Desk,
    place: StoredValue<Place>,
    /// What is in the box.
    pub(super) draft: RwSignal<Draft>,
    /// What is wrong with it.
    pub(super) fault: RwSignal<Option<String>>,
    /// The messages that hold the reply, because the agent has not seen them.
    pub(super) moved: RwSignal<Vec<Message>>,
    /// What a template replaced.
    pub(super) replaced: RwSignal<Option<Draft>>,
    /// It is being sent.
    pub(super) busy: RwSignal<bool>,
    /// The box.
    pub(super) message: NodeRef<html::Textarea>,
}

impl Writing {
    /// Goes on with the draft that is kept for the conversation.
    pub(super) fn new(desk: Desk) -> Self {
        let place = Place::new(use_session().account(), desk.id);
        let writing = Self {
            desk,
            draft: RwSignal::new(Draft::recall(&place)),
            place: StoredValue::new(place),
            fault: RwSignal::new(None),
            moved: RwSignal::new(Vec::new()),
            replaced: RwSignal::new(None),
            busy: RwSignal::new(false),
            message: NodeRef::new(),
        };
        let elsewhere = window_event_listener(leptos::ev::storage, move |change| writing.changed(&change));
        on_cleanup(move || elsewhere.remove());
        writing
    }

    /// Another tab has changed what is kept.
    fn changed(self, change: &StorageEvent) {
        let now =
            self.place.with_value(|place| self.draft.with_untracked(|draft| draft.after(change, place)));
        if let Some(now) = now.filter(|_| !self.busy.get_untracked()) {
            self.draft.set(now);
        }
    }

    /// Changes the draft and keeps it.
    pub(super) fn change(self, change: impl FnOnce(&mut Draft)) {
        self.keep(|draft| {
            change(draft);
            draft.last_seen = None;
        });
        self.fault.set(None);
    }

    fn keep(self, change: impl FnOnce(&mut Draft)) {
        self.draft.try_update(change);
        self.place.try_with_value(|place| self.draft.try_with_untracked(|draft| draft.keep(place)));
    }

    /// The box now holds this text.
    pub(super) fn typed(self, text: String) {
        self.replaced.set(None);
        self.change(|draft| {
            if text.is_empty() {
                draft.template_id = None;
            }
            draft.text = text;
        });
    }

    /// Puts a template into the box; what it replaces can be brought back.
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

    /// Replaces a template's text in the box, if it was not edited, with what it is for the current values.
    pub(super) fn refresh(self, before: &RenderedTemplate, now: &RenderedTemplate) {
        let is_in_box = self.draft.try_with_untracked(|draft| {
            draft.template_id == Some(before.id) && draft.text == before.rendered
        });
        if is_in_box == Some(true) && before.rendered != now.rendered && !self.busy.get_untracked() {
            self.change(|draft| draft.text.clone_from(&now.rendered));
        }
    }

    /// Moves the focus into the box.
    pub(super) fn focus(self) {
        if let Some(message) = self.message.try_get_untracked().flatten() {
            let _ = message.focus();
        }
    }

    /// Why the text cannot be sent as it is.
    fn obstacle(text: &str) -> Option<String> {
        if let Err(fault) = MessageBody::parse(text.to_owned()) {
            return Some(fault.to_string());
        }
        if let Some(broken) = broken_placeholder(text) {
            return Some(broken.to_string());
        }
        let missing = placeholders(text);
        (!missing.is_empty()).then(|| format!("Not sent. Fill in first: {}", named(&missing)))
    }

    /// Sends the text, unless something is missing; `last_seen` is what the agent has read.
    pub(super) fn send(self, last_seen: Option<MessageId>) {
        if self.busy.get_untracked() {
            return;
        }
        let draft = self.draft.get_untracked();
        if let Some(obstacle) = Self::obstacle(&draft.text) {
            self.fault.set(Some(obstacle));
            return self.focus();
        }
        self.busy.set(true);
        self.fault.set(None);
        self.focus();
        // Who has seen nothing is shown what there is before it is answered.
        let last_seen = draft.last_seen.or(last_seen).or(Some(MessageId(0)));
        self.keep(|draft| draft.last_seen = last_seen);
        let place = self.place.get_value();
        let reply = NewMessage {
            body: draft.text,
            template_id: draft.template_id,
            last_seen_message_id: last_seen,
            media: None,
        };
        // Not bound to the page: whoever goes on to the next conversation has sent this.
        start_detached(async move {
            let answer = self.desk.client.create_message(self.desk.id, &reply, &draft.key).await;
            self.busy.try_set(false);
            match answer {
                Ok(message) => {
                    Draft::forget(&place, &draft.key);
                    self.sent(&reply.body);
                    self.desk.thread.put_own(message);
                }
                Err(fault) => self.refused(&fault),
            }
            self.focus();
        });
    }

    /// Makes room for the next text, which may be in the box already: a template chosen meanwhile.
    fn sent(self, text: &str) {
        self.moved.try_set(Vec::new());
        if self.draft.try_with_untracked(|draft| draft.text == text) == Some(true) {
            self.draft.set(Draft::empty());
            self.replaced.set(None);
        } else {
            self.keep(|draft| draft.key = new_idempotency_key());
        }
    }

    /// Fetches the conversation anew, if its page is still there.
    fn refetch(self) {
        self.desk.refetch.try_run(());
    }

    fn refused(self, fault: &Fault) {
        if fault.problem().is_some() {
            // It certainly wasn't sent, so the next try is a new request.
            self.keep(|draft| draft.last_seen = None);
        }
        match (fault.code(), fault.problem()) {
            (Some(ErrorCode::ConversationMoved), Some(problem)) => {
                self.desk.thread.put(problem.messages.clone());
                self.moved.try_set(problem.messages.clone());
                return;
            }
            (Some(ErrorCode::ConversationClosed | ErrorCode::NumberOptedOut), _) => self.refetch(),
            (Some(ErrorCode::IdempotencyKeyReused), _) => {
                // An earlier wording did arrive, although its answer did not.
                self.keep(|draft| draft.key = new_idempotency_key());
                self.refetch();
                self.fault.try_set(Some(
                    "An earlier version of this message was sent already. Read the conversation before you send again."
                        .to_owned(),
                ));
                return;
            }
            _ => {}
        }
        let field = fault.problem().and_then(|problem| problem.field("body")).map(str::to_owned);
        self.fault.try_set(Some(field.unwrap_or_else(|| fault.words())));
    }
}

/// "{{Due date}}, {{Balance}}"
pub(super) fn named(placeholders: &[String]) -> String {
    let named: Vec<String> = placeholders.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_broken_or_missing_placeholder_is_not_sent() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && Writing::obstacle(text) == broken, "{text}");
        }
        let missing = Writing::obstacle("Hi {{name}}");
        assert_eq!(missing.as_deref(), Some("Not sent. Fill in first: {{name}}"));
        for text in ["Hi Maria", "{name} 100 % {", ":-}"] {
            assert_eq!(Writing::obstacle(text), None, "{text}");
        }
    }
}
