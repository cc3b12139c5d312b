//! A page's one `<h1>`, with the document's title: the focus moves to it when the agent changes pages, so that a
//! screen reader says where one is.

use std::cell::Cell;

use leptos::{html, prelude::*};

thread_local! {
    /// The browser itself announces the first page; from then on it is up to us.
    static ARRIVED: Cell<bool> = const { Cell::new(false) };
}

/// The page's heading; `text` is also the document's title.
#[component]
pub(crate) fn Heading(
    /// What the page is called.
    #[prop(into)]
    text: Signal<String>,
    /// How it looks.
    #[prop(default = "text-xl font-semibold")]
    class: &'static str,
) -> impl IntoView {
    let node = NodeRef::<html::H1>::new();
    Effect::new(move |_| document().set_title(&format!("{} · SMS Chat", text.get())));
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && ARRIVED.replace(true)
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
