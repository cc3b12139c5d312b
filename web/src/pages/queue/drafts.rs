//! The conversations in which the account has an unsent reply (rule 21), and their mark in the rows.

use leptos::prelude::*;
use shared::{account::Permission, ids::ConversationId};

use crate::{
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
};

/// The conversations with a draft.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(RwSignal<Vec<ConversationId>>);

impl Drafts {
    /// Provides the drafts as context, inside the signed-in app. Drafts cause no events, so they are fetched when the
    /// agent returns to the tab, and when the stream opens.
    pub(crate) fn provide() {
        let drafts = Self(RwSignal::new(Vec::new()));
        provide_context(drafts);
        if !use_session().me().is_some_and(|me| me.may(Permission::Reply)) {
            return;
        }
        let client = use_client();
        let fetch = coalesce(move || async move {
            if let Ok(fetched) = client.list_drafts().await {
                drafts.0.try_set(fetched);
            }
        });
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

    /// Returns whether a conversation has a draft, untracked.
    pub(crate) fn contain(self, id: ConversationId) -> bool {
        self.0.with_untracked(|ids| ids.contains(&id))
    }

    /// Records whether a conversation has a draft.
    pub(crate) fn set(self, id: ConversationId, has_draft: bool) {
        if self.0.try_with_untracked(|ids| ids.contains(&id)) != Some(!has_draft) {
            return;
        }
        self.0.update(|ids| {
            ids.retain(|known| *known != id);
            if has_draft {
                ids.push(id);
            }
        });
    }
}

/// Returns the drafts, inside the signed-in app.
pub(crate) fn use_drafts() -> Option<Drafts> {
    use_context()
}

/// The mark of a row whose conversation has a draft.
pub(crate) fn draft_mark(id: ConversationId) -> AnyView {
    let drafts = use_drafts();
    let has_draft = move || drafts.is_some_and(|drafts| drafts.0.with(|ids| ids.contains(&id)));
    view! {
        {move || {
            has_draft().then(|| view! { <span class="shrink-0 text-xs font-medium text-accent-text">"draft"</span> })
        }}
    }
    .into_any()
}
