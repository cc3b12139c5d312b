//! The dialogs that create an API key, and that show a new secret once.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    account::Permission,
    api_key::{ApiKey, NewApiKey},
    ids::TeamId,
};

use super::{ApiKeysContext, OpenDialog, expiry::ExpiryChoice};
use crate::{
    api::RequestError,
    components::{
        checkboxes,
        dialog::Dialog,
        form::{Field, Form},
        person::isolated,
        secret_dialog::{Secret, secret_dialog},
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
    let secret = Secret {
        title: t!("Key “{name}”", name = isolated(&key.name)),
        warning: t!(
            "Copy the key now and store it safely. It is shown only once, and anyone who has it can use it."
        ),
        label: t!("Key"),
        value: key.secret.unwrap_or_default(),
        confirmation: t!("I have copied the key"),
        reminder: t!("Copy the key first, then tick the box. It is not shown again."),
        not_copied: t!("Not copied. The key is selected: press Ctrl+C."),
    };
    secret_dialog(secret, close)
}
