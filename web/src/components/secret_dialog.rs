//! The dialog that shows a new secret once. It can be closed once the user has confirmed that the secret is copied.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::dialog::Dialog;
use crate::language::t;

/// A secret, and the texts around it.
pub(crate) struct Secret {
    pub(crate) title: String,
    /// What the secret is for, and that it is shown only once.
    pub(crate) warning: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// The label of the checkbox.
    pub(crate) confirmation: &'static str,
    /// What to do first when the user tries to close the dialog.
    pub(crate) reminder: &'static str,
    /// What to do when the browser has not copied the secret.
    pub(crate) not_copied: &'static str,
}

/// The dialog.
pub(crate) fn secret_dialog(secret: Secret, close: Callback<()>) -> AnyView {
    let Secret { title, warning, label, value, confirmation, reminder, not_copied } = secret;
    let is_confirmed = RwSignal::new(false);
    let tried_to_close = RwSignal::new(false);
    let may_close = Callback::new(move |()| {
        tried_to_close.set(!is_confirmed.get_untracked());
        is_confirmed.get_untracked()
    });
    let leaving = window_event_listener(leptos::ev::beforeunload, move |event| {
        if !is_confirmed.get_untracked() {
            event.prevent_default();
            event.set_return_value("asked");
        }
    });
    on_cleanup(move || leaving.remove());
    let done = move |_| {
        if may_close.run(()) {
            close.run(());
        }
    };
    let reminder = move || (tried_to_close.get() && !is_confirmed.get()).then_some(reminder);
    view! {
        <Dialog title close may_close>
            <div class="flex flex-col gap-4">
                <p class="alert alert-warning">{warning}</p>
                {secret_field(label, value, not_copied)}
                {copied_checkbox(confirmation, is_confirmed, Signal::derive(reminder))}
                <div class="modal-action mt-0">
                    <button type="button" class="btn btn-primary" on:click=done>
                        {t!("Done")}
                    </button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}

/// The secret, with a button that copies it.
fn secret_field(label: &'static str, secret: String, not_copied: &'static str) -> AnyView {
    let shown = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let Some(shown) = shown.get() else { return };
        shown.select();
        // Not the clipboard API, which is only available over HTTPS and on localhost.
        let done = document().unchecked_into::<web_sys::HtmlDocument>().exec_command("copy");
        copied.set(Some(done.unwrap_or(false)));
    };
    let status = move || copied.get().map(|done| if done { t!("Copied.") } else { not_copied });
    view! {
        <div class="flex flex-col gap-1">
            <label for="secret" class="text-sm font-medium">{label}</label>
            <div class="join">
                <input
                    node_ref=shown
                    id="secret"
                    class="input join-item w-full font-mono text-base"
                    readonly
                    autocomplete="off"
                    prop:value=secret
                />
                <button type="button" class="btn join-item" on:click=copy>{t!("Copy")}</button>
            </div>
            <p role="status" class="text-sm">{status}</p>
        </div>
    }
    .into_any()
}

fn copied_checkbox(
    label: &'static str,
    is_confirmed: RwSignal<bool>,
    reminder: Signal<Option<&'static str>>,
) -> AnyView {
    view! {
        <div class="flex flex-col gap-1">
            <label class="flex min-h-6 items-center gap-2 text-sm">
                <input
                    type="checkbox"
                    class="checkbox checkbox-sm shrink-0"
                    aria-describedby="key-kept"
                    prop:checked=is_confirmed
                    on:change:target=move |event| is_confirmed.set(event.target().checked())
                />
                {label}
            </label>
            <p id="key-kept" role="alert" class="text-sm font-medium text-failed empty:hidden">
                {reminder}
            </p>
        </div>
    }
    .into_any()
}
