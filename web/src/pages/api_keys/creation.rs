//! The dialogs that create an API key, and that show a new secret once.

use std::collections::BTreeSet;

use leptos::{html, prelude::*};
use shared::{
    account::Permission,
    api_key::{ApiKey, NewApiKey},
    ids::TeamId,
};
use wasm_bindgen::JsCast;

use super::{ApiKeysContext, OpenDialog, expiry::ExpiryChoice};
use crate::{
    api::RequestError,
    components::{
        checkboxes,
        dialog::Dialog,
        form::{Field, Form},
        person::isolated,
    },
    language::t,
    session::use_session,
};

/// The dialog that creates a key.
pub(super) fn creation(context: ApiKeysContext, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let name = RwSignal::new(String::new());
    let permissions = RwSignal::new(BTreeSet::<Permission>::new());
    let teams = RwSignal::new(BTreeSet::<TeamId>::new());
    let expiry = ExpiryChoice::new(false);
    let zone = use_session().zone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let expires_at = match expiry.value(&zone) {
            Ok(expires_at) => expires_at.flatten(),
            Err(message) => return form.set_error(RequestError::in_field("expires_at", message)),
        };
        let key = NewApiKey {
            name: name.get_untracked(),
            permissions: permissions.get_untracked(),
            team_ids: teams.get_untracked().into_iter().collect(),
            expires_at,
        };
        form.send(async move { context.client.create_api_key(&key).await }, move |key| {
            context.dialog.set(Some(OpenDialog::Created(key)));
            context.refetch.run(());
        });
    };
    // The server allows a key only permissions that its creator has.
    let own = use_session().me().map(|me| me.permissions).unwrap_or_default();
    let offered = Permission::ALL.into_iter().filter(|permission| own.contains(permission)).collect();
    let choice = checkboxes::teams(form, t!("Choose at least one."), context.teams, teams);
    view! {
        <Dialog title=t!("New API key").to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {form.text_field(Field { hint: t!("The program that uses this key"), ..Field::text("name", t!("Name"), name) })}
                {checkboxes::permissions(form, t!("Choose only what the program needs."), offered, permissions, Signal::stored(false))}
                {choice}
                {expiry.field(form)}
                {form.error()}
                {form.actions(close, t!("Create key"))}
            </form>
        </Dialog>
    }
    .into_any()
}

/// The dialog that shows a new secret of a key. It can be closed once the user has confirmed that the key is copied.
pub(super) fn secret(key: ApiKey, close: Callback<()>) -> AnyView {
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
    view! {
        <Dialog title=t!("Key “{name}”", name = isolated(&key.name)) close may_close>
            <div class="flex flex-col gap-4">
                <p class="alert alert-warning">
                    {t!("Copy the key now and store it safely. It is shown only once, and anyone who has it can use it.")}
                </p>
                {secret_field(key.secret.unwrap_or_default())}
                {copied_checkbox(is_confirmed, tried_to_close)}
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
fn secret_field(secret: String) -> AnyView {
    let shown = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let Some(shown) = shown.get() else { return };
        shown.select();
        // Not the clipboard API, which is only available over HTTPS and on localhost.
        let done = document().unchecked_into::<web_sys::HtmlDocument>().exec_command("copy");
        copied.set(Some(done.unwrap_or(false)));
    };
    let status = move || {
        copied.get().map(|done| {
            if done { t!("Copied.") } else { t!("Not copied. The key is selected: press Ctrl+C.") }
        })
    };
    view! {
        <div class="flex flex-col gap-1">
            <label for="secret" class="text-sm font-medium">{t!("Key")}</label>
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

fn copied_checkbox(is_confirmed: RwSignal<bool>, tried_to_close: RwSignal<bool>) -> AnyView {
    let warning = move || {
        (tried_to_close.get() && !is_confirmed.get())
            .then_some(t!("Copy the key first, then tick the box. It is not shown again."))
    };
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
                {t!("I have copied the key")}
            </label>
            <p id="key-kept" role="alert" class="text-sm font-medium text-failed empty:hidden">
                {warning}
            </p>
        </div>
    }
    .into_any()
}
