//! The composer: writes a message, stores it as a draft in the browser and on the server, fills in templates and sends it
//! once.
//!
//! The conversation page and the ad-hoc dialog use it. `D` is stored with the draft: a reply stores its last attempt to
//! send, an ad-hoc message its numbers. Nothing here depends on pages.
//!
//! Reading order: [`draft`], [`text`], this file, [`templates`], [`template_search`], then [`send`]. [`input`] changes
//! what is in the box. [`server_draft`] and [`autosave`] keep the draft on the server.

pub(crate) mod autosave;
pub(crate) mod counter;
pub(crate) mod draft;
mod give_back;
pub(crate) mod input;
mod message_box;
mod send;
mod server_draft;
mod template_search;
pub(crate) mod templates;
pub(crate) mod text;

use leptos::{html, prelude::*};
use web_sys::StorageEvent;

pub(crate) use self::message_box::message_box;
use self::{
    draft::{Details, Draft, StorageKey},
    templates::Templates,
};
use crate::{
    clock::now_micros,
    components::{
        form::Form,
        notices::{Notices, use_notices},
    },
};

/// The state of a composer.
pub(crate) struct Composer<D: Details> {
    storage_key: StoredValue<StorageKey>,
    /// The message being written.
    pub(crate) draft: RwSignal<Draft<D>>,
    /// The draft whose text a template has replaced.
    replaced: RwSignal<Option<Draft<D>>>,
    /// The templates to choose from; `None` until they are fetched.
    pub(crate) templates: RwSignal<Templates>,
    /// Whether the message is being sent, and why it was not sent.
    pub(crate) form: Form,
    /// The box that the message is written in.
    pub(crate) message_box: NodeRef<html::Textarea>,
    notices: Notices,
}

// Derived implementations would require that `D` is `Copy`.
impl<D: Details> Clone for Composer<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Details> Copy for Composer<D> {}

impl<D: Details> Composer<D> {
    /// Loads the stored draft, and follows its changes in other tabs until the current owner is disposed.
    pub(crate) fn new(storage_key: StorageKey) -> Self {
        let composer = Self {
            draft: RwSignal::new(Draft::load(&storage_key)),
            storage_key: StoredValue::new(storage_key),
            replaced: RwSignal::new(None),
            templates: RwSignal::new(None),
            form: Form::new(),
            message_box: NodeRef::new(),
            notices: use_notices(),
        };
        let listener =
            window_event_listener(leptos::ev::storage, move |change| composer.follow_other_tab(&change));
        on_cleanup(move || listener.remove());
        composer
    }

    fn follow_other_tab(self, change: &StorageEvent) {
        // A draft that is being sent stays, because its response decides what remains of it.
        if self.form.busy.get_untracked() || !self.storage_key.with_value(|key| key.is_of(change)) {
            return;
        }
        let (old, new) = (change.old_value(), change.new_value());
        let now = self.draft.with_untracked(|draft| draft.after_change(old.as_deref(), new.as_deref()));
        if let Some(now) = now {
            self.draft.set(now);
            self.form.clear();
        }
    }

    /// Changes and stores the draft, and clears the error.
    pub(crate) fn change(self, change: impl FnOnce(&mut Draft<D>)) {
        self.update(|draft| {
            change(draft);
            draft.edited_at = Some(now_micros());
        });
        self.form.clear();
    }

    /// Changes and stores the draft. Keeps the error, because the agent has not changed anything.
    pub(crate) fn update(self, change: impl FnOnce(&mut Draft<D>)) {
        self.draft.try_update(change);
        self.storage_key.try_with_value(|key| self.draft.try_with_untracked(|draft| draft.save(key)));
    }

    /// Handles input in the message box.
    pub(crate) fn edit(self, text: String) {
        if self.replaced.with_untracked(Option::is_some) {
            self.replaced.set(None);
        }
        self.change(|draft| draft.edit(text));
    }

    /// Restores the text that a template has replaced.
    fn restore_replaced(self) {
        let Some(before) = self.replaced.get_untracked() else { return };
        self.replaced.set(None);
        self.change(|draft| {
            draft.text = before.text;
            draft.template = before.template;
        });
        self.focus();
    }

    /// Shows and stores the draft of the server, and offers the text of the other one.
    fn take_over(self, draft: Draft<D>, other: Option<Draft<D>>) {
        if self.draft.with_untracked(|now| *now != draft) {
            self.update(|now| *now = draft);
        }
        self.offer(other);
    }

    /// Offers to restore the text of another draft.
    fn offer(self, other: Option<Draft<D>>) {
        if other.is_some() {
            self.replaced.try_set(other);
        }
    }

    /// Focuses the message box.
    pub(crate) fn focus(self) {
        if let Some(message_box) = self.message_box.try_get_untracked().flatten() {
            let _ = message_box.focus();
        }
    }
}
