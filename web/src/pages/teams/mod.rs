//! The list of teams, and a page per team for its details, numbers and members.

mod details;
mod erasure;
mod holds;
mod members;
mod numbers;
mod retention;
mod team;

use leptos::prelude::*;
use shared::{event::EventKind, team::TeamSummary};

use self::details::Details;
pub(crate) use self::team::team_page;
use crate::{
    api::RequestError,
    components::{
        dialog::Dialog,
        form::Form,
        heading::Heading,
        permission::for_managers_of_accounts,
        person::{isolated, or_dash},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        when::when,
    },
    language::{marked, t},
    live::{LiveUpdate, coalesce, use_live},
    router::use_router,
    session::use_client,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Name"), ""),
    (marked!("Numbers"), "w-[30%]"),
    (marked!("Region"), "w-20 lg:w-28"),
    (marked!("Time zone"), "w-40 lg:w-52"),
    (marked!("Link"), "w-20 lg:w-28"),
];

/// The page `/teams`.
pub(crate) fn teams_page() -> AnyView {
    for_managers_of_accounts(t!("Teams"), page)
}

fn page() -> AnyView {
    let client = use_client();
    let teams = RwSignal::new(None::<Result<Vec<TeamSummary>, RequestError>>);
    let fetch = coalesce(move || async move {
        let response = client.list_teams().await;
        teams.try_update(|teams| {
            // Keep the loaded teams when a refetch fails.
            if response.is_ok() || !matches!(teams, Some(Ok(_))) {
                *teams = Some(response);
            }
        });
    });
    fetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => fetch.run(()),
    });
    let creating = RwSignal::new(false);
    let body = move || {
        teams.with(|teams| match teams {
            None => skeleton(4),
            Some(Err(error)) => failed(error, fetch),
            Some(Ok(teams)) if teams.is_empty() => empty(t!("No teams")),
            Some(Ok(teams)) => table(teams),
        })
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("Teams") />
            <button type="button" class="btn btn-sm btn-primary" on:click=move |_| creating.set(true)>
                {t!("New team")}
            </button>
        </div>
        <div class="mt-4">{body}</div>
        {when(move || creating.get(), move || new_team(Callback::new(move |()| creating.set(false))))}
    }
    .into_any()
}

fn table(teams: &[TeamSummary]) -> AnyView {
    view! {
        <table role="table" aria-label=t!("Teams") class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>{teams.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(team: &TeamSummary) -> AnyView {
    // A line breaks between numbers, not in one.
    let numbers: Vec<String> =
        team.numbers.iter().map(|number| number.display().replace(' ', "\u{a0}")).collect();
    let link = view! {
        <a
            href=format!("/teams/{}", team.id)
            class="link font-medium whitespace-nowrap"
            data-row-link=""
            aria-label=t!("Open {name}", name = isolated(&team.name))
        >
            {t!("Open")}
            <span aria-hidden="true">" →"</span>
        </a>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", view! { <bdi class="min-w-0 font-medium wrap-anywhere">{team.name.clone()}</bdi> })}
            {cell(
                "Numbers",
                view! { <span class="min-w-0 tabular-nums">{or_dash(Some(&numbers.join(", ")))}</span> },
            )}
            {cell("Region", team.region.clone())}
            {cell("Time zone", team.time_zone.clone())}
            {cell("Link", link)}
        </tr>
    }
    .into_any()
}

fn new_team(close: Callback<()>) -> AnyView {
    let client = use_client();
    let router = use_router();
    let form = Form::new();
    let details = Details::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let team = details.to_request();
        // Opens the new team's page, where numbers and members are added.
        form.send(async move { client.create_team(&team).await }, move |team| {
            close.run(());
            router.open(&format!("/teams/{}", team.id));
        });
    };
    view! {
        <Dialog title=t!("New team").to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {details.fields(form)}
                {form.error()}
                {form.actions(close, t!("Create team"))}
            </form>
        </Dialog>
    }
    .into_any()
}
