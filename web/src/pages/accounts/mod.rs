//! The accounts page: lists, creates and edits accounts, with their roles, permissions and teams.
//!
//! The server decides which changes are allowed. For example, the last administrator cannot be disabled.

mod dialogs;
mod editor;
mod filter;

use leptos::prelude::*;
use shared::{
    account::{AccountDetail, Role},
    event::EventKind,
    team::TeamSummary,
};

use self::{dialogs::dialog, filter::matches};
use crate::{
    api::{Client, RequestError},
    components::{
        checkboxes::team_names,
        heading::Heading,
        permission::{for_managers_of_accounts, role_name},
        person::or_dash,
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
        when::{Row, keyed},
    },
    language::{marked, t, with_views},
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Name"), ""),
    (marked!("E-mail"), ""),
    (marked!("Role"), "w-32"),
    (marked!("Teams"), "w-[18%]"),
    (marked!("State"), "w-28 lg:w-36"),
    (marked!("Actions"), "w-36 xl:w-64"),
];

/// The open dialog.
#[derive(Clone)]
enum OpenDialog {
    New,
    Edit(AccountDetail),
    Password(AccountDetail),
    Disable(AccountDetail),
    Enable(AccountDetail),
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct AccountsContext {
    client: Client,
    accounts: RwSignal<Option<Vec<AccountDetail>>>,
    teams: RwSignal<Vec<TeamSummary>>,
    dialog: RwSignal<Option<OpenDialog>>,
    refetch: Callback<()>,
}

/// The page `/accounts`.
pub(crate) fn accounts_page() -> AnyView {
    for_managers_of_accounts(t!("Accounts"), page)
}

async fn fetch(
    client: Client,
    accounts: RwSignal<Option<Vec<AccountDetail>>>,
    teams: RwSignal<Vec<TeamSummary>>,
) -> Result<(), RequestError> {
    let fetched = client.list_teams().await?;
    teams.try_set(fetched);
    let fetched = client.list_accounts().await?;
    accounts.try_set(Some(fetched));
    Ok(())
}

fn page() -> AnyView {
    let client = use_client();
    let accounts = RwSignal::new(None);
    let teams = RwSignal::new(Vec::new());
    let error = RwSignal::new(None::<RequestError>);
    let refetch = coalesce(move || async move {
        error.try_set(fetch(client, accounts, teams).await.err());
    });
    refetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event)
            if !matches!(event.kind, EventKind::TeamChanged | EventKind::AccountChanged) => {}
        _ => refetch.run(()),
    });
    let context = AccountsContext { client, accounts, teams, dialog: RwSignal::new(None), refetch };
    let typed = RwSignal::new(String::new());
    let is_loaded = Memo::new(move |_| accounts.with(Option::is_some));
    let body = move || {
        if is_loaded.get() {
            return table(context, typed);
        }
        match error.get() {
            Some(error) => failed(&error, refetch),
            None => skeleton(6),
        }
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("Accounts") />
            <button
                type="button"
                class="btn btn-sm btn-primary"
                on:click=move |_| context.dialog.set(Some(OpenDialog::New))
            >
                {t!("New account")}
            </button>
        </div>
        <label class="mt-4 flex max-w-sm flex-col gap-1">
            <span class="text-sm font-medium">{t!("Find by name or e-mail")}</span>
            <input
                type="search"
                dir="auto"
                class="input w-full"
                autocomplete="off"
                prop:value=typed
                on:input:target=move |event| typed.set(event.target().value())
            />
        </label>
        <div class="mt-4">{body}</div>
        {move || context.dialog.get().map(|open| dialog(context, open))}
    }
    .into_any()
}

fn table(context: AccountsContext, typed: RwSignal<String>) -> AnyView {
    let found = Memo::new(move |_| {
        context.accounts.with(|accounts| {
            typed.with(|typed| {
                let accounts = accounts.iter().flatten().filter(|account| matches(typed, account));
                accounts.map(|account| account.id.0).collect::<Vec<_>>()
            })
        })
    });
    let is_empty = Memo::new(move |_| found.with(Vec::is_empty));
    let zone = use_session().zone();
    let count = move || {
        let (found, all) = (found.with(Vec::len), context.accounts.with(|all| all.iter().flatten().count()));
        t!("{found} of {all} accounts", found, all)
    };
    let body = move || {
        if is_empty.get() {
            return empty(t!("No account has this name or e-mail"));
        }
        let zone = zone.clone();
        view! {
            <table role="table" aria-label=t!("Accounts") class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>
                    {keyed(
                        move || found.get().into_iter().map(Row::new).collect(),
                        move |shown| row(context, shown.id, zone.clone()),
                    )}
                </tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <p role="status" class="mb-1 text-sm">{count}</p>
        {body}
    }
    .into_any()
}

fn row(context: AccountsContext, id: i64, zone: Zone) -> AnyView {
    let account = Memo::new(move |_| {
        context.accounts.with(|all| all.iter().flatten().find(|account| account.id.0 == id).cloned())
    });
    let read = move |read: fn(&AccountDetail) -> String| {
        Signal::derive(move || account.with(|account| account.as_ref().map(read).unwrap_or_default()))
    };
    let name = read(|account| account.display_name.clone());
    let email = read(|account| account.email.clone());
    let role = read(|account| role_name(account.role).to_owned());
    let teams = move || {
        account.with(|account| match account {
            // An administrator acts in all teams, regardless of membership.
            Some(account) if account.role == Role::Admin => t!("All teams").to_owned(),
            Some(account) => or_dash(Some(&context.teams.with(|teams| team_names(teams, &account.team_ids)))),
            None => String::new(),
        })
    };
    let disabled = Memo::new(move |_| account.with(|account| account.as_ref()?.disabled_at));
    let state = move || match disabled.get() {
        None => view! { <span>{t!("Active")}</span> }.into_any(),
        Some(since) => view! {
            <span class="min-w-0">{disabled_since(date_and_time(since, &zone))}</span>
        }
        .into_any(),
    };
    let open = move |dialog: fn(AccountDetail) -> OpenDialog| {
        if let Some(account) = account.get_untracked() {
            context.dialog.set(Some(dialog(account)));
        }
    };
    let button = move |text: &'static str, dialog: fn(AccountDetail) -> OpenDialog| {
        view! {
            <button type="button" class="btn btn-sm" on:click=move |_| open(dialog)>
                {text}
                <span class="sr-only">" " <bdi>{name}</bdi></span>
            </button>
        }
        .into_any()
    };
    // One element for both actions, so that it keeps the focus when the action changes.
    let toggle = view! {
        <button
            type="button"
            class=move || if disabled.get().is_some() { "btn btn-sm" } else { "btn btn-sm btn-danger" }
            on:click=move |_| {
                open(if disabled.get_untracked().is_some() { OpenDialog::Enable } else { OpenDialog::Disable });
            }
        >
            {move || if disabled.get().is_some() { t!("Enable") } else { t!("Disable") }}
            <span class="sr-only">" " <bdi>{name}</bdi></span>
        </button>
    };
    let actions = view! {
        <span class="flex flex-wrap gap-1 max-md:[&_.btn]:px-2">
            {button(t!("Edit"), OpenDialog::Edit)} {button(t!("Password"), OpenDialog::Password)} {toggle}
        </span>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", view! { <bdi class="min-w-0 font-medium wrap-anywhere">{name}</bdi> })}
            {cell("E-mail", view! { <bdi class="min-w-0 wrap-anywhere">{email}</bdi> })}
            {cell("Role", role)}
            {cell("Teams", view! { <bdi class="min-w-0 wrap-anywhere">{teams}</bdi> })}
            {cell("State", state)}
            {cell("Actions", actions)}
        </tr>
    }
    .into_any()
}

fn disabled_since(date: AnyView) -> AnyView {
    let disabled = view! { <strong>{t!("Disabled")}</strong> }.into_any();
    with_views(t!("{disabled} since {date}"), [("disabled", disabled), ("date", date)])
}
