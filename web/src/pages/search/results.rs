//! What was found, with what was looked for marked in it.

use leptos::prelude::*;
use shared::{
    clean::clean_line,
    conversation::{Conversation, ConversationStatus},
    search::{TOO_SHORT, is_long_enough},
    team::TeamSummary,
    words::counted,
};

use super::{
    Searching,
    highlight::{marked_address, marked_text},
};
use crate::{
    components::{
        moment::moment,
        person::{open_label, or_dash},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head, link_cell, name_cell, ref_link},
        when::when,
    },
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    ("Ref", "w-22 xl:w-36"),
    ("Name", ""),
    ("Number", "w-34 lg:w-38 xl:w-48"),
    ("Team", "w-22 lg:w-28 xl:w-36"),
    ("Status", "w-29 lg:w-31 xl:w-36"),
    ("Last Message", "w-28 lg:w-31 xl:w-44"),
    ("Link", "w-18 xl:w-24"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Nothing,
    TooShort,
    Loading,
    Failed,
    Empty,
    Found,
}

/// What was found.
pub(super) fn results(searching: Searching) -> AnyView {
    let found = searching.found;
    let state = Memo::new(move |_| {
        let fault = searching.fault.with(Option::is_some);
        found.with(|found| match found {
            Some(found) if found.conversations.is_empty() => State::Empty,
            Some(_) => State::Found,
            None if fault => State::Failed,
            None => searching.search.with(|search| without_results(&search.text)),
        })
    });
    let body = move || match state.get() {
        State::Nothing => empty("Type a number, a ref or a name."),
        State::TooShort => empty(TOO_SHORT),
        State::Loading => skeleton(4),
        State::Empty => empty("No matches in the past 90 days."),
        State::Failed => searching.fault.get().map_or_else(
            || ().into_any(),
            |fault| failed(&fault, Callback::new(move |()| searching.fetch())),
        ),
        State::Found => view! {
            <table role="table" aria-label="Conversations found" class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>
                    {move || {
                        let teams = searching.teams.get_value();
                        found.with(|found| {
                            let found = found.as_ref()?;
                            let row = |known| row(known, &found.search.text, &teams);
                            Some(found.conversations.iter().map(row).collect_view())
                        })
                    }}
                </tbody>
            </table>
        }
        .into_any(),
    };
    let told = move || {
        found.with(|found| {
            let found = found.as_ref().filter(|found| !found.conversations.is_empty())?;
            Some(count(found.conversations.len(), found.cursor.is_some()))
        })
    };
    let more = when(
        move || found.with(|found| found.as_ref().is_some_and(|found| found.cursor.is_some())),
        move || {
            view! {
                <button type="button" class="btn btn-sm mt-2 self-start" on:click=move |_| searching.fetch_more()>
                    {move || if searching.busy.get() { "Loading…" } else { "Show more" }}
                </button>
            }
            .into_any()
        },
    );
    view! {
        <p role="status" class="mb-1 min-h-5 text-sm">{told}</p>
        {move || body()}
        {more}
    }
    .into_any()
}

/// State of a search for `text` before its answer arrives.
fn without_results(text: &str) -> State {
    if clean_line(text).is_empty() {
        State::Nothing
    } else if is_long_enough(text) {
        State::Loading
    } else {
        State::TooShort
    }
}

/// "3 conversations", or "The first 50 conversations" where there are more.
fn count(shown: usize, has_more: bool) -> String {
    let conversations = counted(shown, "conversation");
    if has_more { format!("The first {conversations}") } else { conversations }
}

fn row(conversation: &Conversation, wanted: &str, teams: &[TeamSummary]) -> AnyView {
    let team = teams.iter().find(|team| team.id == conversation.team_id);
    let zone = Zone::new(team.map_or("UTC", |team| &team.time_zone));
    let (status, colours) = match conversation.status {
        ConversationStatus::Pending => ("Awaiting reply", "badge-outline"),
        ConversationStatus::Open => ("In progress", "badge-primary"),
        ConversationStatus::Closed => ("Closed", "badge-neutral"),
    };
    let last = match conversation.last_message_at {
        Some(at) => moment(at, &zone),
        None => "–".into_any(),
    };
    let text = |text: Option<&str>| marked_text(&or_dash(text), wanted);
    let reference = conversation.reference.as_deref().filter(|reference| !reference.is_empty());
    let reference = reference.map(|reference| marked_text(reference, wanted));
    view! {
        <tr role="row" class=ROW>
            {cell("Ref", ref_link(conversation.id, reference))}
            {name_cell(text(conversation.name.as_deref()))}
            {cell(
                "Number",
                view! {
                    <span class="whitespace-nowrap tabular-nums">
                        {marked_address(&conversation.number, wanted)}
                    </span>
                },
            )}
            {cell("Team", or_dash(team.map(|team| team.name.as_str())))}
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
    fn a_text_that_is_too_short_is_not_searched() {
        for (text, expected) in [
            ("", State::Nothing),
            (" \u{200b}", State::Nothing),
            ("a", State::TooShort),
            ("é ", State::TooShort),
            ("7", State::TooShort),
            ("李", State::Loading),
            ("ab", State::Loading),
        ] {
            assert_eq!(without_results(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_count_says_when_it_is_not_all() {
        assert_eq!(count(1, false), "1 conversation");
        assert_eq!(count(12, false), "12 conversations");
        assert_eq!(count(50, true), "The first 50 conversations");
    }
}
