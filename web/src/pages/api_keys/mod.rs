//! The API keys: how programs sign in, and what they may do.
//!
//! A key's secret is shown once, in the dialog that made it; it must never be kept anywhere.

mod making;

use leptos::prelude::*;
use shared::{account::Permission, api_key::ApiKey, event::EventKind, team::TeamSummary};

use self::making::{making, secret};
use crate::{
    api::{Client, Fault},
    components::{
        checks::team_names,
        heading::Heading,
        moment::{date_and_time, moment},
        permission::{for_managers_of_accounts, words},
        person::or_dash,
        placeholder::{empty, failed, skeleton},
        question::{Question, ask},
        table::{BODY, ROW, TABLE, cell, head},
    },
    keys::focus_first,
    live::{News, coalesced, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    ("Name", ""),
    ("Permissions", "w-[24%]"),
    ("Teams", "w-[16%]"),
    ("Made by", "w-32 lg:w-44"),
    ("Last used", "w-28 lg:w-36"),
    ("Actions", "w-24 lg:w-32"),
];

/// What a dialog is open for.
#[derive(Clone)]
enum Asked {
    New,
    /// The key was made; its secret is shown, this once.
    Made(ApiKey),
    Revoke(ApiKey),
}

/// What the pieces of the page share.
#[derive(Clone, Copy)]
struct Keys {
    client: Client,
    teams: RwSignal<Vec<TeamSummary>>,
    asked: RwSignal<Option<Asked>>,
    refetch: Callback<()>,
}

/// The page `/api-keys`.
pub(crate) fn api_keys_page() -> AnyView {
    for_managers_of_accounts("API keys", page)
}

async fn fetch(
    client: Client,
    keys: RwSignal<Option<Vec<ApiKey>>>,
    teams: RwSignal<Vec<TeamSummary>>,
) -> Result<(), Fault> {
    let fetched = client.list_teams().await?;
    teams.try_set(fetched);
    let fetched = client.list_api_keys().await?;
    // Nothing is drawn again for nothing.
    if keys.try_with_untracked(|keys| keys.as_ref() != Some(&fetched)) == Some(true) {
        keys.set(Some(fetched));
    }
    Ok(())
}

fn page() -> AnyView {
    let client = use_client();
    let (keys, teams) = (RwSignal::new(None), RwSignal::new(Vec::new()));
    let fault = RwSignal::new(None::<Fault>);
    let refetch = coalesced(move || async move {
        let met = fetch(client, keys, teams).await.err();
        fault.try_set(met);
    });
    refetch.run(());
    use_live().listen(move |news| match news {
        News::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => refetch.run(()),
    });
    let page = Keys { client, teams, asked: RwSignal::new(None), refetch };
    let zone = use_session().zone();
    let arrived = Memo::new(move |_| keys.with(Option::is_some));
    let body = move || {
        if !arrived.get() {
            return match fault.get() {
                Some(fault) => failed(&fault, refetch),
                None => skeleton(4),
            };
        }
        keys.with(|keys| {
            let keys = keys.as_deref().unwrap_or_default();
            if keys.is_empty() { empty("No API keys") } else { table(page, keys, &zone) }
        })
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text="API keys" />
            <button
                type="button"
                id="new-key"
                class="btn btn-sm btn-primary"
                on:click=move |_| page.asked.set(Some(Asked::New))
            >
                "New API key"
            </button>
        </div>
        <div class="mt-4">{body}</div>
        {move || page.asked.get().map(|asked| dialog(page, asked))}
    }
    .into_any()
}

fn table(page: Keys, keys: &[ApiKey], zone: &Zone) -> AnyView {
    view! {
        <table role="table" aria-label="API keys" class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>{keys.iter().map(|key| row(page, key, zone)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(page: Keys, key: &ApiKey, zone: &Zone) -> AnyView {
    let (asked, revoked, ids) = (page.asked, key.clone(), key.team_ids.clone());
    let permissions: Vec<&str> = key.permissions.iter().copied().map(words as fn(Permission) -> _).collect();
    let teams = move || page.teams.with(|teams| or_dash(Some(&team_names(teams, &ids))));
    let used = key.last_used_at.map(|at| moment(at, zone)).unwrap_or_else(|| "never".into_any());
    let revoke = view! {
        <button type="button" class="btn btn-sm btn-danger" on:click=move |_| asked.set(Some(Asked::Revoke(revoked.clone())))>
            "Revoke"
            <span class="sr-only">" " {key.name.clone()}</span>
        </button>
    };
    let name = view! {
        <span class="min-w-0 wrap-anywhere">
            <span class="font-medium">{key.name.clone()}</span>
            <br />
            <code class="text-xs">{key.hint.clone()} "…"</code>
        </span>
    };
    let made = view! {
        <span class="min-w-0 wrap-anywhere">{key.created_by.clone()} " · " {date_and_time(key.created_at, zone)}</span>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", name)}
            {cell("Permissions", view! { <span class="min-w-0">{or_dash(Some(&permissions.join(", ")))}</span> })}
            {cell("Teams", view! { <span class="min-w-0 wrap-anywhere">{teams}</span> })}
            {cell("Made by", made)}
            {cell("Last used", used)}
            {cell("Actions", revoke)}
        </tr>
    }
    .into_any()
}

fn dialog(page: Keys, asked: Asked) -> AnyView {
    let close = Callback::new(move |()| page.asked.set(None));
    match asked {
        Asked::New => making(page, close),
        Asked::Made(key) => secret(key, close),
        Asked::Revoke(key) => {
            let question = Question {
                title: format!("Revoke “{}”?", key.name),
                text: "Programs that use this key can no longer sign in. You cannot undo this.",
                button: "Revoke key",
                is_dangerous: true,
            };
            let done = Callback::new(move |()| {
                close.run(());
                request_animation_frame(|| focus_first("#new-key"));
                page.refetch.run(());
            });
            ask(question, close, move || page.client.delete_api_key(key.id), done)
        }
    }
}
