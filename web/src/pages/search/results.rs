//! The search results, with the search term marked.

use leptos::prelude::*;
use shared::{
    clean::clean_line,
    conversation::{Conversation, ConversationStatus},
    search::{TOO_SHORT, is_long_enough},
    team::TeamSummary,
};

use super::{
    SearchState,
    highlight::{marked_address, marked_text},
};
use crate::{
    components::{
        more_button::more_button,
        person::{open_label, or_dash},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head, link_cell, name_cell, ref_link},
        tags::chips,
        timestamp::timestamp,
    },
    language::{marked, plural, t, text},
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Ref"), "w-22 xl:w-36"),
    (marked!("Name"), ""),
    (marked!("Number"), "w-34 lg:w-38 xl:w-48"),
    (marked!("Team"), "w-24 lg:w-28 xl:w-36"),
    (marked!("Status"), "w-29 lg:w-31 xl:w-36"),
    (marked!("Last Message"), "w-28 lg:w-31 xl:w-44"),
    (marked!("Link"), "w-18 xl:w-24"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum View {
    NoTerm,
    TooShort,
    Loading,
    Failed,
    Empty,
    Found,
}

/// Renders the results, or a placeholder for them.
pub(super) fn results(state: SearchState) -> AnyView {
    let results = state.results;
    let content = Memo::new(move |_| {
        let has_error = state.error.with(Option::is_some);
        results.with(|results| match results {
            Some(results) if results.conversations.is_empty() => View::Empty,
            Some(_) => View::Found,
            None if has_error => View::Failed,
            None => state.search.with(|search| view_without_results(&search.text)),
        })
    });
    let body = move || match content.get() {
        View::NoTerm => empty(t!("Type a number, a ref or a name.")),
        View::TooShort => empty(text(TOO_SHORT)),
        View::Loading => skeleton(4),
        View::Empty => empty(t!("No matches in the past 90 days.")),
        View::Failed => state
            .error
            .get()
            .map_or_else(|| ().into_any(), |error| failed(&error, Callback::new(move |()| state.fetch()))),
        View::Found => view! {
            <table role="table" aria-label=t!("Conversations found") class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>
                    {move || {
                        let teams = state.teams.get_value();
                        results.with(|results| {
                            let results = results.as_ref()?;
                            let row = |item| row(item, &results.search.text, &teams);
                            Some(results.conversations.iter().map(row).collect_view())
                        })
                    }}
                </tbody>
            </table>
        }
        .into_any(),
    };
    let status = move || {
        results.with(|results| {
            let results = results.as_ref().filter(|results| !results.conversations.is_empty())?;
            Some(count(results.conversations.len(), results.cursor.is_some()))
        })
    };
    let has_more =
        move || results.with(|results| results.as_ref().is_some_and(|results| results.cursor.is_some()));
    view! {
        <p role="status" class="mb-1 min-h-5 text-sm">{status}</p>
        {move || body()}
        {more_button(has_more, state.busy, None, Callback::new(move |()| state.fetch_more()))}
    }
    .into_any()
}

/// Returns what to show for the term `text` while there are no results.
fn view_without_results(text: &str) -> View {
    if clean_line(text).is_empty() {
        View::NoTerm
    } else if is_long_enough(text) {
        View::Loading
    } else {
        View::TooShort
    }
}

/// "3 conversations", or "The first 50 conversations" if there are more.
fn count(shown: usize, has_more: bool) -> String {
    if has_more {
        plural!(shown, "The first conversation", "The first {count} conversations")
    } else {
        plural!(shown, "{count} conversation", "{count} conversations")
    }
}

fn row(conversation: &Conversation, term: &str, teams: &[TeamSummary]) -> AnyView {
    let team = teams.iter().find(|team| team.id == conversation.team_id);
    let zone = Zone::new(team.map_or("UTC", |team| &team.time_zone));
    let (status, colours) = match conversation.status {
        ConversationStatus::Pending => (t!("Awaiting reply"), "badge-outline"),
        ConversationStatus::Open if conversation.snoozed_until.is_some() => (t!("Snoozed"), "badge-outline"),
        ConversationStatus::Open => (t!("In progress"), "badge-primary"),
        ConversationStatus::Closed => (t!("Closed"), "badge-neutral"),
    };
    let last = match conversation.last_message_at {
        Some(at) => timestamp(at, &zone),
        None => "–".into_any(),
    };
    let reference = conversation.reference.as_deref().filter(|reference| !reference.is_empty());
    let reference = reference.map(|reference| marked_text(reference, term));
    view! {
        <tr role="row" class=ROW>
            {cell("Ref", ref_link(conversation.id, reference))}
            {name_cell(view! { {marked_text(&or_dash(conversation.name.as_deref()), term)} {chips(&conversation.tags)} })}
            {cell(
                "Number",
                view! {
                    <span class="whitespace-nowrap tabular-nums">
                        {marked_address(&conversation.number, term)}
                    </span>
                },
            )}
            {cell("Team", view! { <bdi>{or_dash(team.map(|team| team.name.as_str()))}</bdi> })}
            {cell("Status", view! { <span class=format!("badge badge-sm whitespace-nowrap {colours}")>{status}</span> })}
            {cell("Last Message", last)}
            {link_cell(conversation.id, Signal::stored(open_label(conversation)))}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_is_too_short_is_not_searched() {
        for (text, expected) in [
            ("", View::NoTerm),
            (" \u{200b}", View::NoTerm),
            ("a", View::TooShort),
            ("é ", View::TooShort),
            ("7", View::TooShort),
            ("李", View::Loading),
            ("ab", View::Loading),
        ] {
            assert_eq!(view_without_results(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_count_shows_when_there_are_more_results() {
        assert_eq!(count(1, false), "1 conversation");
        assert_eq!(count(12, false), "12 conversations");
        assert_eq!(count(50, true), "The first 50 conversations");
    }
}
