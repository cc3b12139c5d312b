//! The API keys page: lists, creates, rotates and revokes the keys that programs authenticate with.
//!
//! A secret is shown once, in the dialog after the creation or rotation of its key. It is not stored in the browser.

mod creation;
mod expiry;
mod rotation;

use leptos::prelude::*;
use shared::{account::Permission, api_key::ApiKey, event::EventKind, team::TeamSummary};

use self::{
    creation::{creation, secret},
    expiry::expiry,
    rotation::{overlap_end, previous_secret, rotation},
};
use crate::{
    api::{Client, RequestError},
    components::{
        checkboxes::team_names,
        confirmation::{Confirmation, confirm},
        heading::Heading,
        permission::{for_managers_of_accounts, label},
        person::{isolated, or_dash},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::{date_and_time, timestamp},
    },
    language::{marked, t},
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Name"), ""),
    (marked!("Permissions"), "w-[20%]"),
    (marked!("Teams"), "w-[14%]"),
    (marked!("Created by"), "w-28 lg:w-40"),
    (marked!("Last used"), "w-24 lg:w-32"),
    (marked!("Expires"), "w-24 lg:w-32"),
    (marked!("Actions"), "w-24 xl:w-44"),
];

/// The open dialog.
#[derive(Clone)]
enum OpenDialog {
    New,
    /// Shows the secret of the created or rotated key.
    Created(ApiKey),
    Rotate(ApiKey),
    /// Stops the secret before the last rotation.
    EndOverlap(ApiKey),
    Revoke(ApiKey),
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct ApiKeysContext {
    client: Client,
    teams: RwSignal<Vec<TeamSummary>>,
    dialog: RwSignal<Option<OpenDialog>>,
    refetch: Callback<()>,
}

/// The page `/api-keys`.
pub(crate) fn api_keys_page() -> AnyView {
    for_managers_of_accounts(t!("API keys"), page)
}

async fn fetch(
    client: Client,
    keys: RwSignal<Option<Vec<ApiKey>>>,
    teams: RwSignal<Vec<TeamSummary>>,
) -> Result<(), RequestError> {
    let fetched = client.list_teams().await?;
    teams.try_set(fetched);
    let fetched = client.list_api_keys().await?;
    // Setting an unchanged value would redraw the table.
    if keys.try_with_untracked(|keys| keys.as_ref() != Some(&fetched)) == Some(true) {
        keys.set(Some(fetched));
    }
    Ok(())
}

fn page() -> AnyView {
    let client = use_client();
    let (keys, teams) = (RwSignal::new(None), RwSignal::new(Vec::new()));
    let error = RwSignal::new(None::<RequestError>);
    let refetch = coalesce(move || async move {
        error.try_set(fetch(client, keys, teams).await.err());
    });
    refetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => refetch.run(()),
    });
    let context = ApiKeysContext { client, teams, dialog: RwSignal::new(None), refetch };
    let zone = use_session().zone();
    let is_loaded = Memo::new(move |_| keys.with(Option::is_some));
    let body = move || {
        if !is_loaded.get() {
            return match error.get() {
                Some(error) => failed(&error, refetch),
                None => skeleton(4),
            };
        }
        keys.with(|keys| {
            let keys = keys.as_deref().unwrap_or_default();
            if keys.is_empty() { empty(t!("No API keys")) } else { table(context, keys, &zone) }
        })
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("API keys") />
            <button
                type="button"
                id="new-key"
                class="btn btn-sm btn-primary"
                on:click=move |_| context.dialog.set(Some(OpenDialog::New))
            >
                {t!("New API key")}
            </button>
        </div>
        <div class="mt-4">{body}</div>
        {move || context.dialog.get().map(|open| dialog(context, open))}
    }
    .into_any()
}

fn table(context: ApiKeysContext, keys: &[ApiKey], zone: &Zone) -> AnyView {
    view! {
        <table role="table" aria-label=t!("API keys") class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>{keys.iter().map(|key| row(context, key, zone)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(context: ApiKeysContext, key: &ApiKey, zone: &Zone) -> AnyView {
    let (dialog, ids) = (context.dialog, key.team_ids.clone());
    let permissions: Vec<&str> = key.permissions.iter().copied().map(label as fn(Permission) -> _).collect();
    let teams = move || context.teams.with(|teams| or_dash(Some(&team_names(teams, &ids))));
    let used = key.last_used_at.map(|at| timestamp(at, zone)).unwrap_or_else(|| t!("never").into_any());
    let button = |text: &'static str, class: &'static str, open: fn(ApiKey) -> OpenDialog| {
        let (key, name) = (key.clone(), key.name.clone());
        view! {
            <button type="button" class=class on:click=move |_| dialog.set(Some(open(key.clone())))>
                {text}
                <span class="sr-only">" " <bdi>{name}</bdi></span>
            </button>
        }
        .into_any()
    };
    let actions = view! {
        <span class="flex flex-wrap gap-1">
            {button(t!("Rotate"), "btn btn-sm", OpenDialog::Rotate)}
            {button(t!("Revoke"), "btn btn-sm btn-danger", OpenDialog::Revoke)}
        </span>
    };
    let previous = key.previous.as_ref().map(|previous| previous_secret(context, key, previous, zone));
    let name = view! {
        <span class="min-w-0 wrap-anywhere">
            <bdi class="font-medium">{key.name.clone()}</bdi>
            <br />
            <code class="text-xs">{key.hint.clone()} "…"</code>
            {previous}
        </span>
    };
    let created = view! {
        <span class="min-w-0 wrap-anywhere"><bdi>{key.created_by.clone()}</bdi> " · " {date_and_time(key.created_at, zone)}</span>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", name)}
            {cell("Permissions", view! { <span class="min-w-0">{or_dash(Some(&permissions.join(", ")))}</span> })}
            {cell("Teams", view! { <bdi class="min-w-0 wrap-anywhere">{teams}</bdi> })}
            {cell("Created by", created)}
            {cell("Last used", used)}
            {cell("Expires", expiry(key.expires_at, zone))}
            {cell("Actions", actions)}
        </tr>
    }
    .into_any()
}

fn dialog(context: ApiKeysContext, open: OpenDialog) -> AnyView {
    let close = Callback::new(move |()| context.dialog.set(None));
    match open {
        OpenDialog::New => creation(context, close),
        OpenDialog::Created(key) => secret(key, close),
        OpenDialog::Rotate(key) => rotation(context, key, close),
        OpenDialog::EndOverlap(key) => overlap_end(context, key, close),
        OpenDialog::Revoke(key) => {
            let confirmation = Confirmation {
                title: t!("Revoke “{name}”?", name = isolated(&key.name)),
                text: t!("Programs that use this key can no longer sign in. You cannot undo this."),
                button: t!("Revoke key"),
                is_dangerous: true,
            };
            let request = move || {
                let version = key.version.clone();
                async move { context.checked(context.client.delete_api_key(key.id, &version).await) }
            };
            confirm(confirmation, close, request, context.done(close))
        }
    }
}
