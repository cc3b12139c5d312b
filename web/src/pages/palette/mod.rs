//! The command palette: a dialog that finds pages, actions and conversations by name. `Ctrl+K` opens it everywhere.
//!
//! This file is the frame. [`dialog`] is the content, which is fetched when the palette is first opened.

mod commands;
mod conversations;
pub(crate) mod dialog;

use leptos::{html, prelude::*};

use super::lazy::{Lazy, LazyPage};
use crate::{
    components::{dialog::open_while_mounted, when::when},
    keys::use_keys,
    language::t,
};

/// The palette, while it is open.
pub(crate) fn palette() -> AnyView {
    let keys = use_keys();
    when(move || keys.palette_open.get(), frame)
}

fn frame() -> AnyView {
    let keys = use_keys();
    let dialog = NodeRef::<html::Dialog>::new();
    open_while_mounted(dialog);
    // The event arrives later, when another palette may have replaced this one.
    let closed = move |_| {
        if dialog.try_get_untracked().flatten().is_some_and(|dialog| !dialog.open()) {
            keys.palette_open.set(false);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="modal modal-top"
            aria-label=t!("Search or jump to")
            on:close=closed
        >
            <div class="modal-box mx-auto max-w-xl overflow-hidden p-0 sm:mt-[12vh] sm:rounded-box">
                <LazyPage page=Lazy::Palette />
            </div>
            <form method="dialog" class="modal-backdrop">
                <button tabindex="-1" aria-hidden="true">{t!("Close")}</button>
            </form>
        </dialog>
    }
    .into_any()
}
