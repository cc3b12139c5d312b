//! A dialog over the page: modal, closed by Esc, by its button or by the code that opened it. It begins in its first field,
//! and the browser gives the focus back to where it was.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A dialog that is open as long as it is drawn. `close` runs when it is closed by hand.
#[component]
pub(crate) fn Dialog(
    /// What it is called.
    title: String,
    close: Callback<()>,
    /// Whether it may be closed now; where it may not, it stays open.
    #[prop(optional)]
    may_close: Option<Callback<(), bool>>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
            let first = dialog.query_selector("input:not([disabled]), select, textarea").ok().flatten();
            if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                let _ = first.focus();
            }
        }
    });
    // Only a dialog that is closed gives the focus back; one that is just taken away loses it.
    on_cleanup(move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    });
    let is_held = move || may_close.is_some_and(|may_close| !may_close.run(()));
    let cancelled = move |event: leptos::ev::Event| {
        if is_held() {
            event.prevent_default();
        }
    };
    // The event comes later, when another dialog may stand in this one's place, even in the same element.
    let closed = move |_| {
        let Some(dialog) = dialog.try_get_untracked().flatten().filter(|dialog| !dialog.open()) else {
            return;
        };
        // Browsers close it all the same when Esc is pressed twice.
        if is_held() {
            let _ = dialog.show_modal();
        } else {
            close.run(());
        }
    };
    view! {
        <dialog node_ref=dialog class="modal max-sm:modal-bottom" aria-labelledby="dialog-title" on:cancel=cancelled on:close=closed>
            <div class="modal-box max-w-2xl">
                <div class="mb-4 flex items-start justify-between gap-4">
                    <h2 id="dialog-title" class="text-lg font-semibold wrap-anywhere">{title}</h2>
                    <form method="dialog">
                        <button class="btn btn-sm btn-ghost" aria-label="Close">"✕"</button>
                    </form>
                </div>
                {children()}
            </div>
        </dialog>
    }
}
