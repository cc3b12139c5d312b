//! The conversations in which the account has an unsent reply (rule 21), and their mark in the rows.

use leptos::prelude::*;
use shared::{account::Permission, ids::ConversationId};

use crate::{
    language::t,
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
};

/// The conversations with a draft.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(RwSignal<Vec<ConversationId>>);

impl Drafts {
    /// Provides the drafts as context, inside the signed-in app. [`follow`] fetches them.
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    /// Returns whether a conversation has a draft, untracked.
    pub(crate) fn contain(self, id: ConversationId) -> bool {
        self.0.try_with_untracked(|all| all.contains(&id)).unwrap_or_default()
    }

    /// Records whether a conversation has a draft.
    pub(crate) fn set(self, id: ConversationId, has_draft: bool) {
        if self.contain(id) != has_draft {
            self.0.try_update(|all| {
                all.retain(|other| *other != id);
                all.extend(has_draft.then_some(id));
            });
        }
    }
}

/// Follows the drafts until the current owner is disposed. They cause no events, so they are fetched when the agent
/// returns to the tab, and when the stream opens. It belongs to the chunk of the notifications.
pub(crate) fn follow() {
    let Some(Drafts(known)) = use_drafts() else { return };
    if !use_session().me().is_some_and(|me| me.may(Permission::Reply)) {
        return;
    }
    let client = use_client();
    let fetch = coalesce(move || async move {
        if let Ok(fetched) = client.list_drafts().await
            && known.try_with_untracked(|known| *known != fetched) == Some(true)
        {
            known.try_set(fetched);
        }
    });
    fetch.run(());
    use_live().listen(move |update| {
        if matches!(update, LiveUpdate::Opened) {
            fetch.run(());
        }
    });
    let returned = window_event_listener(leptos::ev::visibilitychange, move |_| {
        if !document().hidden() {
            fetch.run(());
        }
    });
    on_cleanup(move || returned.remove());
}

/// Returns the drafts, inside the signed-in app.
pub(crate) fn use_drafts() -> Option<Drafts> {
    use_context()
}

/// The mark of a row whose conversation has a draft.
pub(crate) fn draft_mark(id: ConversationId) -> AnyView {
    let drafts = use_drafts();
    let has_draft =
        Memo::new(move |_| drafts.is_some_and(|Drafts(known)| known.with(|known| known.contains(&id))));
    let mark = move || {
        has_draft.get().then(
            || view! { <span class="shrink-0 text-xs font-medium text-accent-text">{t!("draft")}</span> },
        )
    };
    view! { {mark} }.into_any()
}
