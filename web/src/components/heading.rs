//! The `<h1>` of a page, which also sets the document title. The focus moves to it when the agent changes pages, so
//! that a screen reader announces the page.

use std::cell::Cell;

use leptos::{html, prelude::*};

thread_local! {
    /// Whether a page was shown before. The browser itself announces the first page.
    static HAS_NAVIGATED: Cell<bool> = const { Cell::new(false) };
}

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
    Effect::new(move |_| document().set_title(&format!("{} · SMS Chat", text.get())));
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
