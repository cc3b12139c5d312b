//! The place of the current page: beside a conversation, on a wide screen, the queue stays at the left.

use leptos::prelude::*;

use super::lazy::{Lazy, LazyPage};
use crate::{components::when::when, language::t};

/// The width from which the queue stands beside a conversation: Tailwind's `xl`.
const WIDE: &str = "(min-width: 80rem)";

/// The current page, with the queue beside it when the page is a conversation. The list is not rebuilt when another
/// conversation is opened, so it keeps its place.
pub(crate) fn workspace(is_conversation: Memo<bool>, page: AnyView) -> AnyView {
    let is_wide = is_wide();
    let (outer, inner) = (
        move || {
            if is_conversation.get() {
                "contents xl:-mx-6 xl:-my-4 xl:grid xl:h-[calc(100dvh-var(--header,3rem)-var(--alarm,0rem))] \
                 xl:grid-cols-[var(--spacing-list)_minmax(0,1fr)]"
            } else {
                "contents"
            }
        },
        move || {
            if is_conversation.get() {
                "contents xl:flex xl:min-h-0 xl:min-w-0 xl:flex-col"
            } else {
                "contents"
            }
        },
    );
    let list = when(
        move || is_conversation.get() && is_wide.get(),
        || {
            view! {
                <nav
                    aria-label=t!("Conversations in progress")
                    class="flex min-h-0 flex-col border-e border-edge bg-panel"
                >
                    <LazyPage page=Lazy::ConversationList />
                </nav>
            }
            .into_any()
        },
    );
    view! {
        <div class=outer>
            {list}
            <div class=inner>{page}</div>
        </div>
    }
    .into_any()
}

/// Whether the screen is wide.
fn is_wide() -> Memo<bool> {
    let matches = || window().match_media(WIDE).ok().flatten().is_some_and(|query| query.matches());
    let is_wide = RwSignal::new(matches());
    let resized = window_event_listener(leptos::ev::resize, move |_| is_wide.set(matches()));
    on_cleanup(move || resized.remove());
    Memo::new(move |_| is_wide.get())
}
