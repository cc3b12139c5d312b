//! Making an API key, and showing its secret, once.

use std::collections::BTreeSet;

use leptos::{html, prelude::*};
use shared::{
    account::Permission,
    api_key::{ApiKey, NewApiKey},
    ids::TeamId,
};
use wasm_bindgen::JsCast;

use super::{Asked, Keys};
use crate::{
    components::{
        checks,
        dialog::Dialog,
        form::{Form, Line},
        person::isolated,
    },
    session::use_session,
};

/// The dialog that makes a key.
pub(super) fn making(page: Keys, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let name = RwSignal::new(String::new());
    let permissions = RwSignal::new(BTreeSet::<Permission>::new());
    let teams = RwSignal::new(BTreeSet::<TeamId>::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let key = NewApiKey {
            name: name.get_untracked(),
            permissions: permissions.get_untracked(),
            team_ids: teams.get_untracked().into_iter().collect(),
        };
        form.send(async move { page.client.create_api_key(&key).await }, move |key| {
            page.asked.set(Some(Asked::Made(key)));
            page.refetch.run(());
        });
    };
    // A key may do nothing that its maker may not.
    let mine = use_session().me().map(|me| me.permissions).unwrap_or_default();
    let offered = Permission::ALL.into_iter().filter(|permission| mine.contains(permission)).collect();
    let choice = checks::teams(form, "Choose at least one.", page.teams, teams);
    view! {
        <Dialog title="New API key".to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {form.line(Line { hint: "Which program uses it", ..Line::text("name", "Name", name) })}
                {checks::permissions(form, "Choose only what the program needs.", offered, permissions, Signal::stored(false))}
                {choice}
                {form.fault()}
                {form.actions(close, "Create key")}
            </form>
        </Dialog>
    }
    .into_any()
}

/// The dialog that shows a new key's secret.
pub(super) fn secret(key: ApiKey, close: Callback<()>) -> AnyView {
    let shown = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let Some(shown) = shown.get() else { return };
        shown.select();
        // Not the clipboard API: it is missing where the page is not served securely.
        let done = document().unchecked_into::<web_sys::HtmlDocument>().exec_command("copy");
        copied.set(Some(done.unwrap_or(false)));
    };
    let told = move || {
        copied.get().map(|done| if done { "Copied." } else { "Not copied. It is selected: press Ctrl+C." })
    };
    let is_kept = RwSignal::new(false);
    let is_asked = RwSignal::new(false);
    let may_close = Callback::new(move |()| {
        is_asked.set(!is_kept.get_untracked());
        is_kept.get_untracked()
    });
    let leaving = window_event_listener(leptos::ev::beforeunload, move |event| {
        if !is_kept.get_untracked() {
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
    let asked = move || {
        (is_asked.get() && !is_kept.get())
            .then_some("Copy the key first, then tick the box. It is not shown again.")
    };
    view! {
        <Dialog title=format!("Key “{}”", isolated(&key.name)) close may_close>
            <div class="flex flex-col gap-4">
                <p class="alert alert-warning">
                    "Copy the key now and store it safely. It is shown only once, and anyone who has it can use it."
                </p>
                <div class="flex flex-col gap-1">
                    <label for="secret" class="text-sm font-medium">"Key"</label>
                    <div class="join">
                        <input
                            node_ref=shown
                            id="secret"
                            class="input join-item w-full font-mono"
                            readonly
                            autocomplete="off"
                            prop:value=key.secret.unwrap_or_default()
                        />
                        <button type="button" class="btn join-item" on:click=copy>"Copy"</button>
                    </div>
                    <p role="status" class="text-sm">{told}</p>
                </div>
                <div class="flex flex-col gap-1">
                    <label class="flex min-h-6 items-center gap-2 text-sm">
                        <input
                            type="checkbox"
                            class="checkbox checkbox-sm shrink-0"
                            aria-describedby="key-kept"
                            prop:checked=is_kept
                            on:change:target=move |event| is_kept.set(event.target().checked())
                        />
                        "I have copied the key"
                    </label>
                    <p id="key-kept" role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                        {asked}
                    </p>
                </div>
                <div class="modal-action mt-0">
                    <button type="button" class="btn btn-primary" on:click=done>
                        "Done"
                    </button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}
