//! The profile page: the signed-in account's name, password, sessions and preferences.

mod language;
mod notifications;
mod preferences;
mod sessions;

use leptos::prelude::*;
use shared::account::{PasswordChange, Profile};

use crate::{
    api::Own,
    components::{
        conflict::{Changes, Conflict},
        form::{Field, Form, PASSWORD_HINT},
        heading::Heading,
        notices::use_notices,
        permission::role_name,
        theme_switch::theme_switch,
    },
    language::t,
    session::{use_client, use_session},
    tasks::spawn,
};

/// The page `/profile`.
pub(crate) fn profile_page() -> AnyView {
    view! {
        <Heading text=t!("Your profile") />
        <div class="mt-4 flex max-w-xl flex-col gap-6">
            <section aria-labelledby="you" class="rounded-box border border-base-300 p-4">
                <h2 id="you" class="mb-2 font-semibold">{t!("You")}</h2>
                {name_form()}
            </section>
            <section aria-labelledby="password" class="rounded-box border border-base-300 p-4">
                <h2 id="password" class="mb-2 font-semibold">{t!("Password")}</h2>
                {password_form()}
            </section>
            <section aria-labelledby="sessions" class="rounded-box border border-base-300 p-4">
                <h2 id="sessions" class="mb-2 font-semibold">{t!("Where you are signed in")}</h2>
                {sessions::session_list()}
            </section>
            <section aria-labelledby="notifications" class="rounded-box border border-base-300 p-4">
                <h2 id="notifications" class="mb-2 font-semibold">{t!("Notifications")}</h2>
                {notifications::notifications()}
            </section>
            <section aria-labelledby="appearance" class="rounded-box border border-base-300 p-4">
                <h2 id="appearance" class="mb-2 font-semibold">{t!("Appearance")}</h2>
                <div class="max-w-xs">{theme_switch("profile-theme")} {language::language_choice()}</div>
            </section>
            <section aria-labelledby="writing" class="rounded-box border border-base-300 p-4">
                <h2 id="writing" class="mb-2 font-semibold">{t!("Keys and sending")}</h2>
                {preferences::keys_and_sending()}
            </section>
        </div>
    }
    .into_any()
}

fn name_form() -> AnyView {
    let client = use_client();
    let session = use_session();
    let notices = use_notices();
    let form = Form::new();
    let Some(account) = session.me().and_then(|me| me.account) else {
        return ().into_any();
    };
    let name = RwSignal::new(account.display_name.clone());
    let conflict = Conflict::new();
    // Without a version until it is loaded. The server refuses a change without one, and sends it.
    let base = StoredValue::new((Own { account }, String::new()));
    spawn(async move {
        if let Ok((own, version)) = client.get_profile().await {
            base.try_update_value(|base| {
                if base.0 == own {
                    base.1 = version;
                }
            });
        }
    });
    let email =
        session.read(|me| me.account.as_ref().map(|account| account.email.clone()).unwrap_or_default());
    let role =
        session.read(|me| me.account.as_ref().map(|account| role_name(account.role)).unwrap_or_default());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let profile = Profile { display_name: name.get_untracked(), email: None, current_password: None };
        let request = async move {
            let send = async |version: String| client.put_profile(&profile, &version).await;
            let compare = |changes: &mut Changes, before: &Own, theirs: &Own| {
                let names = (&before.account.display_name, &theirs.account.display_name);
                changes.text(t!("Name"), name, names);
            };
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            let Some((me, version)) = saved else { return };
            if let Some(account) = me.account.clone() {
                name.set(account.display_name.clone());
                base.set_value((Own { account }, version));
            }
            session.set_me(me);
            notices.info(t!("Your name is saved."));
        });
    };
    let field = Field {
        hint: t!("Your colleagues see this name"),
        autocomplete: "name",
        ..Field::text("display_name", t!("Name"), name)
    };
    view! {
        <dl class="mb-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
            <dt class="text-base-content/80">{t!("E-mail")}</dt>
            <dd class="wrap-anywhere"><bdi>{email}</bdi></dd>
            <dt class="text-base-content/80">{t!("Role")}</dt>
            <dd>{role}</dd>
        </dl>
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            {form.text_field(field)}
            {conflict.view()}
            {form.error()}
            <div>{form.submit(t!("Save name"))}</div>
        </form>
    }
    .into_any()
}

fn password_form() -> AnyView {
    let client = use_client();
    let email = use_session().me().and_then(|me| me.account).map(|account| account.email);
    let notices = use_notices();
    let form = Form::new();
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let change =
            PasswordChange { current_password: current.get_untracked(), password: new.get_untracked() };
        form.send(async move { client.change_password(&change).await }, move |()| {
            current.set(String::new());
            new.set(String::new());
            notices.info(t!("Your password is changed."));
        });
    };
    let field = |name, label, hint, autocomplete, value| {
        form.password_field(Field { kind: "password", hint, autocomplete, ..Field::text(name, label, value) })
    };
    view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            // Tells password managers which account the password belongs to.
            <input type="text" autocomplete="username" prop:value=email.unwrap_or_default() readonly hidden />
            {field("current_password", t!("Current password"), "", "current-password", current)}
            {field("password", t!("New password"), PASSWORD_HINT, "new-password", new)}
            {form.error()}
            <div>{form.submit(t!("Change password"))}</div>
        </form>
    }
    .into_any()
}
