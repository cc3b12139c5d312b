//! The conversations in which the account has an unsent reply (rule 21), and their mark in the rows.

use std::collections::HashMap;

use leptos::prelude::*;
use shared::{account::Permission, ids::ConversationId};

use crate::{
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
};

/// Whether conversations have a draft. A signal for each, so that the first key in a message box updates one row and not
/// all.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(StoredValue<HashMap<ConversationId, ArcRwSignal<bool>>>);

impl Drafts {
    /// Provides the drafts as context, inside the signed-in app. Drafts cause no events, so they are fetched when the
    /// agent returns to the tab, and when the stream opens.
    pub(crate) fn provide() {
        let drafts = Self(StoredValue::new(HashMap::new()));
        provide_context(drafts);
        if !use_session().me().is_some_and(|me| me.may(Permission::Reply)) {
            return;
        }
        let client = use_client();
        let fetch = coalesce(move || async move {
            if let Ok(fetched) = client.list_drafts().await {
                drafts.replace(&fetched);
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

    /// Returns the signal of a conversation.
    fn of(self, id: ConversationId) -> Option<ArcRwSignal<bool>> {
        self.0.try_update_value(|all| all.entry(id).or_insert_with(|| ArcRwSignal::new(false)).clone())
    }

    /// Returns whether a conversation has a draft, untracked.
    pub(crate) fn contain(self, id: ConversationId) -> bool {
        self.of(id).is_some_and(|has_draft| has_draft.get_untracked())
    }

    /// Records whether a conversation has a draft.
    pub(crate) fn set(self, id: ConversationId, has_draft: bool) {
        if let Some(known) = self.of(id)
            && known.get_untracked() != has_draft
        {
            known.set(has_draft);
        }
    }

    /// Records which conversations have a draft.
    fn replace(self, drafted: &[ConversationId]) {
        let known = self.0.try_with_value(|all| all.keys().copied().collect::<Vec<_>>());
        for id in known.into_iter().flatten().chain(drafted.iter().copied()) {
            self.set(id, drafted.contains(&id));
        }
    }
}

/// Returns the drafts, inside the signed-in app.
pub(crate) fn use_drafts() -> Option<Drafts> {
    use_context()
}

/// The mark of a row whose conversation has a draft.
pub(crate) fn draft_mark(id: ConversationId) -> AnyView {
    let known = use_drafts().and_then(|drafts| drafts.of(id));
    let has_draft = move || known.as_ref().is_some_and(|known| known.get());
    view! {
        {move || {
            has_draft().then(|| view! { <span class="shrink-0 text-xs font-medium text-accent-text">"draft"</span> })
        }}
    }
    .into_any()
}
