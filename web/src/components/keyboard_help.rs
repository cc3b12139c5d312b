//! The dialog with all keyboard shortcuts. Its content is fetched when it is first opened.

use leptos::{html, prelude::*};

use super::{dialog::open_while_mounted, when::when};
use crate::{
    keys::use_keys,
    language::t,
    pages::lazy::{Lazy, LazyPage},
};

/// The dialog that `?` opens.
pub(crate) fn keyboard_help() -> AnyView {
    let keys = use_keys();
    when(move || keys.help_open.get(), frame)
}

fn frame() -> AnyView {
    let keys = use_keys();
    let dialog = NodeRef::<html::Dialog>::new();
    open_while_mounted(dialog);
    view! {
        <dialog
            node_ref=dialog
            class="modal"
            aria-label=t!("Keyboard shortcuts")
            on:close=move |_| keys.help_open.set(false)
        >
            <div class="modal-box">
                <LazyPage page=Lazy::KeyboardHelp />
            </div>
            <form method="dialog" class="modal-backdrop">
                <button tabindex="-1" aria-hidden="true">{t!("Close")}</button>
            </form>
        </dialog>
    }
    .into_any()
}
