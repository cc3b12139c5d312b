//! The opt-outs page: the consent ledger, newest entry first. The first entry of a number is the one that applies.

mod ledger;
mod record;

use leptos::prelude::*;
use shared::{
    account::Permission,
    consent::{Consent, ConsentState},
    event::EventKind,
    team::TeamSummary,
};

use self::{ledger::Ledger, record::Record};
use crate::{
    components::{
        consent::source_label,
        heading::Heading,
        more_button::more_button,
        person::or_dash,
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
        when::when,
    },
    language::{marked, t},
    live::{LiveUpdate, use_live},
    session::use_session,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Number"), "w-38 lg:w-44"),
    (marked!("Team"), "w-38 lg:w-48"),
    (marked!("State"), "w-26 lg:w-28"),
    (marked!("Source"), "w-34 lg:w-auto"),
    (marked!("When"), "w-30 lg:w-36"),
    (marked!("Note"), ""),
];

/// The page `/consents`.
#[component]
pub(crate) fn ConsentsPage() -> impl IntoView {
    let me = use_session().me();
    let may_record = me.as_ref().is_some_and(|me| {
        me.may(Permission::ManageTeam) && me.teams.iter().any(|team| !team.numbers.is_empty())
    });
    let teams = StoredValue::new(me.map(|me| me.teams).unwrap_or_default());
    let ledger = Ledger::new();
    ledger.fetch();
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::ConsentChanged => {}
        LiveUpdate::Event(_) | LiveUpdate::Opened => ledger.fetch(),
    });
    let recording = RwSignal::new(false);
    let record_dialog = when(
        move || recording.get(),
        move || {
            let close = Callback::new(move |()| recording.set(false));
            let done = Callback::new(move |()| ledger.fetch());
            view! { <Record teams=teams.get_value() close done /> }.into_any()
        },
    );
    view! {
        <div class="flex flex-wrap items-center justify-between gap-2">
            <Heading text=t!("Opt-outs") />
            {may_record
                .then(|| {
                    view! {
                        <button type="button" class="btn btn-sm" aria-haspopup="dialog" on:click=move |_| recording.set(true)>
                            {t!("Record opt-out")}
                        </button>
                    }
                })}
        </div>
        <p class="mt-1 text-sm">
            {t!("Customers who opted out of messages from one of your numbers, or opted in again. The latest entry applies.")}
        </p>
        <label class="my-4 flex flex-wrap items-center gap-2 text-sm">
            <span class="font-medium">{t!("Number")}</span>
            <input
                class="input input-sm w-56 tabular-nums"
                type="search"
                inputmode="tel"
                autocomplete="off"
                prop:value=ledger.number
                on:input:target=move |event| ledger.set_number(event.target().value())
            />
        </label>
        {entries(ledger, teams)}
        {record_dialog}
    }
}

/// The table of the ledger's entries, or a placeholder for it.
fn entries(ledger: Ledger, teams: StoredValue<Vec<TeamSummary>>) -> AnyView {
    let has_entries = Memo::new(move |_| {
        ledger.entries.with(|entries| entries.as_ref().map(|entries| !entries.is_empty()))
    });
    let rows = move || {
        ledger.entries.with(|entries| {
            let entries = entries.iter().flatten();
            entries.map(|entry| teams.with_value(|teams| row(entry, teams))).collect_view()
        })
    };
    let body = move || match (has_entries.get(), ledger.error.get()) {
        // The filter is not a valid number, or is incomplete.
        (None, Some(error)) if error.problem().is_some_and(|problem| problem.status == 422) => {
            view! { <p class="py-8 text-center">{error.message()}</p> }.into_any()
        }
        (None, Some(error)) => failed(&error, Callback::new(move |()| ledger.fetch())),
        (None, None) => skeleton(5),
        (Some(false), _) if ledger.number.with(|number| number.trim().is_empty()) => {
            empty(t!("No customer has opted out"))
        }
        (Some(false), _) => empty(t!("No entries for this number")),
        (Some(true), _) => view! {
            <table role="table" aria-label=t!("Opt-outs") class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>{rows}</tbody>
            </table>
        }
        .into_any(),
    };
    let has_more = move || has_entries.get() == Some(true) && ledger.cursor.with(Option::is_some);
    view! {
        {move || body()}
        {more_button(has_more, ledger.busy, None, Callback::new(move |()| ledger.fetch_more()))}
    }
    .into_any()
}

fn row(consent: &Consent, teams: &[TeamSummary]) -> AnyView {
    let team = teams.iter().find(|team| team.numbers.contains(&consent.team_number));
    let zone = Zone::new(team.map_or("UTC", |team| &team.time_zone));
    let (state, colours) = match consent.state {
        ConsentState::OptedOut => (t!("Opted out"), "badge-warning"),
        ConsentState::OptedIn => (t!("Opted in"), "badge-outline"),
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Number", view! { <span class="whitespace-nowrap tabular-nums">{consent.number.display()}</span> })}
            {cell(
                "Team",
                view! {
                    <span>
                        {team.map(|team| view! { <bdi>{team.name.clone()}</bdi> " " })}
                        <span class="whitespace-nowrap tabular-nums">{consent.team_number.display()}</span>
                    </span>
                },
            )}
            {cell("State", view! { <span class=format!("badge badge-sm whitespace-nowrap {colours}")>{state}</span> })}
            {cell("Source", view! { <bdi>{source_label(consent)}</bdi> })}
            {cell("When", date_and_time(consent.created_at, &zone))}
            {cell("Note", view! { <span dir="auto">{or_dash(consent.note.as_deref())}</span> })}
        </tr>
    }
    .into_any()
}
