//! Counts the conversations with news that the agent has not opened since: in the title of the tab, and as a mark on
//! its icon. All tabs of a browser forget a conversation together.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::ids::ConversationId;

use crate::{
    components::heading::UnreadCount,
    router::{Router, conversation_of},
    storage,
};

/// Stored when a conversation is opened, for the other tabs.
const KEY: &str = "smsc-read";

/// The icon of `favicon.svg` with a red dot.
const MARKED: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><path \
    fill='%234f46e5' d='M7 4h18a5 5 0 0 1 5 5v10a5 5 0 0 1-5 5H15l-6.6 5.3A.9.9 0 0 1 7 28.6V24a5 5 0 0 1-5-5V9a5 5 0 0 \
    1 5-5z'/><circle cx='24' cy='8' r='8' fill='%23dc2626'/></svg>";

/// The conversations with news.
#[derive(Clone, Copy)]
pub(super) struct Unread {
    conversations: RwSignal<BTreeSet<ConversationId>>,
}

impl Unread {
    /// Creates it empty. Opening a conversation, or returning to its tab, removes it, until the current owner is disposed.
    pub(super) fn new(router: Router) -> Self {
        let unread = Self { conversations: RwSignal::new(BTreeSet::new()) };
        let open = move |path: &str| {
            if let Some(opened) = conversation_of(path).filter(|_| !document().hidden()) {
                unread.remove(opened);
                // A repeated value would not reach the other tabs.
                storage::save(KEY, None);
                storage::save(KEY, Some(&opened.to_string()));
            }
        };
        Effect::new(move |_| router.path.with(|path| open(path)));
        let returned = window_event_listener(leptos::ev::visibilitychange, move |_| {
            router.path.with_untracked(|path| open(path));
        });
        let elsewhere = window_event_listener(leptos::ev::storage, move |change| {
            let opened = change.new_value().filter(|_| change.key().as_deref() == Some(KEY));
            if let Some(opened) = opened.and_then(|id| id.parse().ok()) {
                unread.remove(opened);
            }
        });
        let shown = use_context::<UnreadCount>();
        on_cleanup(move || {
            elsewhere.remove();
            returned.remove();
            if let Some(UnreadCount(shown)) = shown {
                shown.set(0);
            }
        });
        let icon = document().query_selector("link[rel=icon]").ok().flatten();
        let plain = icon.as_ref().and_then(|icon| icon.get_attribute("href")).unwrap_or_default();
        let icon = StoredValue::new_local(icon);
        Effect::new(move |_| {
            let count = unread.conversations.with(BTreeSet::len);
            if let Some(UnreadCount(shown)) = shown {
                shown.set(count);
            }
            icon.with_value(|icon| {
                let href = if count > 0 { MARKED } else { &plain };
                icon.as_ref().map(|icon| icon.set_attribute("href", href))
            });
        });
        unread
    }

    pub(super) fn add(self, conversation: ConversationId) {
        self.conversations.update(|all| {
            all.insert(conversation);
        });
    }

    /// Does nothing for a conversation without news.
    pub(super) fn remove(self, conversation: ConversationId) {
        if self.conversations.with_untracked(|all| all.contains(&conversation)) {
            self.conversations.update(|all| {
                all.remove(&conversation);
            });
        }
    }
}
