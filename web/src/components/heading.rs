//! The `<h1>` of a page, which also sets the document title. The focus moves to it when the agent changes pages, so
//! that a screen reader announces the page.

use std::cell::Cell;

use leptos::{html, prelude::*};

thread_local! {
    /// Whether a page was shown before. The browser itself announces the first page.
    static HAS_NAVIGATED: Cell<bool> = const { Cell::new(false) };
}

/// The number of conversations with news, which stands before the document's title.
#[derive(Clone, Copy)]
pub(crate) struct UnreadCount(pub(crate) RwSignal<usize>);

/// The page's heading. `text` is also the document's title.
#[component]
pub(crate) fn Heading(
    /// The page's title.
    #[prop(into)]
    text: Signal<String>,
    /// The CSS classes.
    #[prop(default = "text-xl font-semibold")]
    class: &'static str,
) -> impl IntoView {
    let node = NodeRef::<html::H1>::new();
    let unread = use_context::<UnreadCount>();
    Effect::new(move |_| {
        let unread = match unread.map_or(0, |UnreadCount(count)| count.get()) {
            0 => String::new(),
            count => format!("({count}) "),
        };
        document().set_title(&format!("{unread}{} · SMS Chat", text.get()));
    });
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && HAS_NAVIGATED.replace(true)
        {
            let _ = heading.focus();
        }
    });
    view! {
        <h1 node_ref=node tabindex="-1" class=format!("{class} wrap-anywhere outline-none")>
            {move || text.get()}
        </h1>
    }
}
