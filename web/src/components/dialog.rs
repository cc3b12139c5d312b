//! A modal dialog, closed by Esc, by its button or by the code that opened it. Focuses its first field; on closing, the
//! browser returns the focus to the element that had it before.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::{Icon, icon};
use crate::language::t;

/// A dialog that is open while it is mounted. `close` runs when the user closes it.
#[component]
pub(crate) fn Dialog(
    /// The title.
    title: String,
    close: Callback<()>,
    /// Returns whether the user can close the dialog now. If not, it stays open.
    #[prop(optional)]
    may_close: Option<Callback<(), bool>>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    open_while_mounted(dialog);
    let must_stay_open = move || may_close.is_some_and(|may_close| !may_close.run(()));
    let cancelled = move |event: leptos::ev::Event| {
        if must_stay_open() {
            event.prevent_default();
        }
    };
    // The event arrives later, when another dialog may have replaced this one, even in the same element.
    let closed = move |_| {
        let Some(dialog) = dialog.try_get_untracked().flatten().filter(|dialog| !dialog.open()) else {
            return;
        };
        // Browsers close the dialog anyway when Esc is pressed twice.
        if must_stay_open() {
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
                        <button class="btn btn-sm btn-ghost" aria-label=t!("Close")>{icon(Icon::CLOSE, "size-4")}</button>
                    </form>
                </div>
                {children()}
            </div>
        </dialog>
    }
}

/// Opens a dialog when it is in the page, with the focus in its first field, and closes it before it is removed: the
/// browser returns the focus only when a dialog is closed.
pub(crate) fn open_while_mounted(dialog: NodeRef<html::Dialog>) {
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
            let first = dialog.query_selector("input:not([disabled]), select, textarea").ok().flatten();
            if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                let _ = first.focus();
            }
        }
    });
    on_cleanup(move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    });
}
