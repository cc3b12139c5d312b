//! The audit page: who did what, when and from which address, with filters and a CSV file.

mod labels;
mod log;

use leptos::prelude::*;
use shared::{
    audit_entry::{AuditAction, AuditEntry, AuditSubject, AuditSubjectKind},
    ids::TeamId,
    team::TeamSummary,
};

use self::log::{Log, Typed};
use crate::{
    api::audit_file,
    components::{
        download::download_link,
        heading::Heading,
        more_button::more_button,
        permission::{for_auditors, is_admin},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
    },
    language::{marked, received, t},
    session::use_session,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("When"), "w-30 lg:w-36"),
    (marked!("Who"), "w-[18%]"),
    (marked!("What"), "w-[22%]"),
    (marked!("About"), ""),
    (marked!("Address"), "w-34 lg:w-40"),
];

/// The page `/audit`.
pub(crate) fn audit_page() -> AnyView {
    for_auditors(t!("Audit log"), page)
}

fn page() -> AnyView {
    let me = use_session().me();
    let sees_all = me.as_ref().is_some_and(is_admin);
    let teams = StoredValue::new(me.map(|me| me.teams).unwrap_or_default());
    let log = Log::new(use_session().zone());
    log.fetch();
    let file = move || log.zone.with_value(|zone| log.typed.with(|typed| audit_file(&typed.filters(zone))));
    let scope = if sees_all {
        t!("Sign-ins, changes, searches and views of key data in all teams. Entries cannot be changed.")
    } else {
        t!("Changes, searches and views of key data in your teams. Entries cannot be changed.")
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("Audit log") />
            {download_link(file, "btn btn-sm", t!("Download as CSV").into_any())}
        </div>
        <p class="mt-1 max-w-prose text-sm">{scope}</p>
        {filter_form(log, teams)}
        {entries(log, teams)}
    }
    .into_any()
}

fn filter_form(log: Log, teams: StoredValue<Vec<TeamSummary>>) -> AnyView {
    let any = |text: &'static str| [(String::new(), text.to_owned())].into_iter();
    let mut actions: Vec<(String, String)> = AuditAction::ALL
        .iter()
        .map(|action| (action.as_str().to_owned(), labels::action(*action).to_owned()))
        .collect();
    actions.sort_by(|one, other| one.1.cmp(&other.1));
    let actions = any(t!("Any action")).chain(actions).collect();
    let teams = teams.with_value(|teams| {
        let options = teams.iter().map(|team| (team.id.to_string(), team.name.clone()));
        (teams.len() > 1).then(|| any(t!("Any team")).chain(options).collect())
    });
    view! {
        <form
            role="search"
            class="my-4 grid grid-cols-2 items-end gap-2 md:flex md:flex-wrap"
            on:submit=move |event| {
                event.prevent_default();
                log.fetch();
            }
        >
            {input(log, "search", t!("Who"), "md:w-44", |typed| &mut typed.actor)}
            {input(log, "search", t!("About"), "md:w-44", |typed| &mut typed.subject)}
            {choice(log, t!("What"), actions, |typed| &mut typed.action)}
            {teams.map(|teams| choice(log, t!("Team"), teams, |typed| &mut typed.team))}
            {input(log, "date", t!("From"), "md:w-38", |typed| &mut typed.from)}
            {input(log, "date", t!("Until"), "md:w-38", |typed| &mut typed.until)}
        </form>
    }
    .into_any()
}

fn input(
    log: Log,
    kind: &'static str,
    label: &'static str,
    class: &'static str,
    field: fn(&mut Typed) -> &mut String,
) -> AnyView {
    view! {
        <label class=format!("flex min-w-0 flex-col gap-1 text-xs text-quiet {class}")>
            {label}
            <input
                type=kind
                class="input input-sm w-full text-base-content"
                autocomplete="off"
                on:input:target=move |event| log.change(|typed| *field(typed) = event.target().value())
            />
        </label>
    }
    .into_any()
}

/// A drop-down. `options` are pairs of value and name.
fn choice(
    log: Log,
    label: &'static str,
    options: Vec<(String, String)>,
    field: fn(&mut Typed) -> &mut String,
) -> AnyView {
    let options = options.into_iter().map(|(value, name)| view! { <option value=value>{name}</option> });
    view! {
        <label class="flex min-w-0 flex-col gap-1 text-xs text-quiet md:max-w-56">
            {label}
            <select
                class="select select-sm w-full text-base-content"
                on:change:target=move |event| log.change(|typed| *field(typed) = event.target().value())
            >
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// The table of the entries, or a placeholder for it.
fn entries(log: Log, teams: StoredValue<Vec<TeamSummary>>) -> AnyView {
    let has_entries =
        Memo::new(move |_| log.entries.with(|entries| entries.as_ref().map(|entries| !entries.is_empty())));
    let rows = move || {
        log.entries.with(|entries| {
            let entries = entries.iter().flatten();
            let row = |entry| teams.with_value(|teams| log.zone.with_value(|zone| row(entry, teams, zone)));
            entries.map(row).collect_view()
        })
    };
    let body = move || match (has_entries.get(), log.error.get()) {
        (None, Some(error)) => failed(&error, Callback::new(move |()| log.fetch())),
        (None, None) => skeleton(5),
        (Some(false), _) => empty(t!("No entries match these filters")),
        (Some(true), _) => view! {
            <table role="table" aria-label=t!("Audit log") class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>{rows}</tbody>
            </table>
        }
        .into_any(),
    };
    let has_more = move || has_entries.get() == Some(true) && log.cursor.with(Option::is_some);
    view! {
        {move || body()}
        {more_button(has_more, log.busy, None, Callback::new(move |()| log.fetch_more()))}
    }
    .into_any()
}

fn row(entry: &AuditEntry, teams: &[TeamSummary], zone: &Zone) -> AnyView {
    let kind = labels::actor_kind(&entry.actor);
    view! {
        <tr role="row" class=ROW>
            {cell("When", date_and_time(entry.at, zone))}
            {cell(
                "Who",
                view! {
                    <span class="min-w-0">
                        <bdi class="wrap-anywhere">{entry.actor.name.clone()}</bdi>
                        {kind.map(|kind| view! { " " <span class="badge badge-sm badge-outline whitespace-nowrap">{kind}</span> })}
                    </span>
                },
            )}
            {cell("What", labels::action(entry.action))}
            {cell("About", about(entry, teams))}
            {cell("Address", view! { <span class="wrap-anywhere tabular-nums">{entry.address.clone().unwrap_or_else(|| "–".to_owned())}</span> })}
        </tr>
    }
    .into_any()
}

/// The subject, the team and the details.
fn about(entry: &AuditEntry, teams: &[TeamSummary]) -> AnyView {
    let team_name = |id: TeamId| {
        let known = teams.iter().find(|team| team.id == id);
        known.map_or_else(|| format!("{} {id}", t!("Team")), |team| team.name.clone())
    };
    let is_team = entry.subject.as_ref().is_some_and(|subject| subject.kind == AuditSubjectKind::Team);
    let team = entry.team_id.filter(|_| !is_team).map(team_name);
    let detail = |(name, value): (&String, &String)| {
        // These are sentences of the server.
        let is_sentence = ["sessions", "covers"].contains(&name.as_str());
        let value = if is_sentence { received(value) } else { labels::value(name, value).to_owned() };
        format!("{}: {value}", labels::detail(name))
    };
    let details: Vec<String> = entry.details.iter().map(detail).collect();
    let details = (!details.is_empty()).then(|| details.join(" · "));
    if entry.subject.is_none() && team.is_none() && details.is_none() {
        return "–".into_any();
    }
    view! {
        <span class="flex min-w-0 flex-col">
            <span class="flex flex-wrap gap-x-2 empty:hidden">
                {entry.subject.as_ref().map(subject)}
                {team.map(|team| view! { <bdi class="text-quiet">{team}</bdi> })}
            </span>
            {details.map(|details| view! { <span dir="auto" class="text-xs wrap-anywhere text-quiet">{details}</span> })}
        </span>
    }
    .into_any()
}

/// The subject; a conversation as a link.
fn subject(subject: &AuditSubject) -> AnyView {
    let text = labels::subject(subject);
    match subject.kind {
        AuditSubjectKind::Conversation => {
            view! { <a class="link" href=format!("/conversations/{}", subject.id)>{text}</a> }.into_any()
        }
        _ => view! { <bdi class="wrap-anywhere">{text}</bdi> }.into_any(),
    }
}
