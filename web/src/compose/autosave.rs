//! Saves a draft to the server while the agent writes, and takes over what another device has saved. Writing never waits
//! for it: without the server, the draft is in the browser.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    Composer,
    draft::{Details, Draft},
    server_draft::{Merged, merged, micros},
};
use crate::{
    api::{Client, new_idempotency_key},
    clock::{now_micros, pause},
    tasks::TaskScope,
};

/// How long the agent pauses before the draft is saved, and the interval at which that is checked.
const PAUSE: Duration = Duration::from_secs(1);
/// Number of intervals after which it is saved although the agent has not paused.
const MOST_INTERVALS: u32 = 10;

/// Saves the draft of a composer.
pub(crate) struct Autosave<D: Details> {
    client: Client,
    composer: Composer<D>,
    path: StoredValue<String>,
    scope: TaskScope,
    /// Whether drafts can be stored: not in a closed conversation.
    is_open: Signal<bool>,
    is_running: StoredValue<bool>,
    /// The time of the last edit that was saved when the page was left.
    saved_on_leaving: StoredValue<Option<i64>>,
    /// Whether the last change is only in the browser, because it could not be saved.
    pub(crate) has_failed: RwSignal<bool>,
}

// Derived implementations would require that `D` is `Copy`.
impl<D: Details> Clone for Autosave<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Details> Copy for Autosave<D> {}

impl<D: Details> Autosave<D> {
    /// Saves the draft under a path until the current owner is disposed.
    pub(crate) fn start(composer: Composer<D>, client: Client, path: String, is_open: Signal<bool>) -> Self {
        let autosave = Self {
            client,
            composer,
            path: StoredValue::new(path),
            scope: TaskScope::current(),
            is_open,
            is_running: StoredValue::new(false),
            saved_on_leaving: StoredValue::new(None),
            has_failed: RwSignal::new(false),
        };
        let edited = Memo::new(move |_| composer.draft.with(|draft| draft.edited_at));
        Effect::new(move |_| match edited.get() {
            Some(_) => autosave.run(),
            // Sent, or saved by another device: nothing is missing on the server.
            None => autosave.has_failed.set(false),
        });
        let listeners = [
            window_event_listener_untyped("pagehide", move |_| autosave.save_on_leaving()),
            window_event_listener_untyped("visibilitychange", move |_| {
                if document().hidden() {
                    autosave.save_on_leaving();
                } else {
                    autosave.fetch();
                }
            }),
        ];
        on_cleanup(move || {
            for listener in listeners {
                listener.remove();
            }
            autosave.save_on_leaving();
        });
        autosave
    }

    /// Takes over what another device has saved, sent or deleted.
    pub(crate) fn fetch(self) {
        self.scope.spawn(async move {
            let Some(path) = self.path.try_get_value() else { return };
            let Ok(server) = self.client.get_draft(&path).await else { return };
            let is_busy = self.composer.form.busy.try_get_untracked() != Some(false);
            let Some(local) = self.composer.draft.try_get_untracked().filter(|_| !is_busy) else { return };
            // An emptied box waits for its draft to be deleted.
            if local.text.is_empty() && local.edited_at.is_some() {
                return self.run();
            }
            match merged(&local, server.as_ref(), new_idempotency_key()) {
                Merged::Local { other } => self.composer.offer(other),
                Merged::Server { draft, other } => self.composer.take_over(draft, other),
            }
            if self.unsaved().is_some() {
                self.run();
            }
        });
    }

    /// Saves changes, with a pause before each time, until there are none or saving fails.
    fn run(self) {
        if self.is_running.try_get_value() != Some(false) {
            return;
        }
        self.is_running.set_value(true);
        self.scope.spawn(async move {
            let mut intervals = 0;
            loop {
                pause(PAUSE).await;
                intervals += 1;
                let Some(draft) = self.unsaved() else { break };
                if self.must_wait(&draft, intervals) {
                    continue;
                }
                let is_saved = self.save(&draft).await;
                self.has_failed.try_set(!is_saved && self.unsaved().is_some());
                if !is_saved {
                    break;
                }
                intervals = 0;
            }
            self.is_running.try_set_value(false);
        });
    }

    /// Returns the draft if it has unsaved changes.
    fn unsaved(self) -> Option<Draft<D>> {
        let is_open = self.is_open.try_get_untracked() == Some(true);
        self.composer.draft.try_get_untracked().filter(|draft| is_open && draft.edited_at.is_some())
    }

    /// Returns whether the agent is still writing, or the message is being sent.
    fn must_wait(self, draft: &Draft<D>, intervals: u32) -> bool {
        let since_edit = draft.edited_at.map_or(0, |edited_at| now_micros() - edited_at);
        let is_writing = since_edit < PAUSE.as_micros() as i64 && intervals < MOST_INTERVALS;
        is_writing || self.composer.form.busy.try_get_untracked() != Some(false)
    }

    /// Saves the draft. Returns `false` if the server has not stored it.
    async fn save(self, draft: &Draft<D>) -> bool {
        let Some(path) = self.path.try_get_value() else { return false };
        let saved_at = match draft.for_server() {
            Some(new) => match self.client.update_draft(&path, &new).await {
                Ok(Some(stored)) => Some(micros(stored.updated_at)),
                // Its message was sent already. The text stays, so that the agent decides what to do with it.
                Ok(None) | Err(_) => return false,
            },
            // Also if this tab knows of no stored draft: what was saved on leaving a page has had no response.
            None if self.client.delete_draft(&path).await.is_err() => return false,
            None => None,
        };
        self.composer.update(|now| now.saved(draft, saved_at));
        true
    }

    /// Saves unsaved changes beyond the end of the page. The browser keeps them too, in case that this fails.
    fn save_on_leaving(self) {
        let last = self.saved_on_leaving.try_get_value().flatten();
        let Some(draft) = self.unsaved().filter(|draft| draft.edited_at != last) else { return };
        if self.composer.form.busy.try_get_untracked() != Some(false) {
            return;
        }
        self.saved_on_leaving.try_set_value(draft.edited_at);
        let new = draft.for_server();
        if let Some(path) = self.path.try_get_value() {
            self.client.save_draft_beyond_page(&path, new.as_ref());
        }
    }
}
