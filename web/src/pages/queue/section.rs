//! A team's section of the queue: counts and rows.

use leptos::{ev::FocusEvent, prelude::*};
use shared::{
    conversation::{Conversation, Counts, NextAction, QueueSection},
    ids::{ConversationId, TeamId},
};
use wasm_bindgen::JsCast;

use super::{
    filter::{filter_buttons, none_text, numbers},
    state::QueueState,
};
use crate::{
    clock::Clock,
    components::{
        avatar::avatar,
        more_button::more_button,
        notices::use_notices,
        person::{open_label, or_dash},
        table::{BODY, ROW, TABLE, cell, head, link_cell, name_cell, ref_link},
        timestamp::timestamp,
        when::{Row, keyed, when},
    },
    session::use_session,
    tasks::TaskScope,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    ("Ref", "w-24 xl:w-36"),
    ("Name", ""),
    ("Number", "w-38 xl:w-48"),
    ("Last Message", "w-30 xl:w-44"),
    ("Next Action", "w-44 lg:w-56 xl:w-[30%]"),
    ("Link", "w-20 xl:w-24"),
];

/// The section.
#[component]
pub(super) fn Section(
    state: QueueState,
    team: TeamId,
    /// Called when the agent has chosen another filter.
    filtered: Callback<TeamId>,
) -> impl IntoView {
    let section = move |read: fn(&QueueSection) -> String| {
        state.shown.with(|shown| find(shown.as_ref(), team).map(read).unwrap_or_default())
    };
    let name = Memo::new(move |_| section(|section| section.team.name.clone()));
    let counts = Memo::new(move |_| section(|section| counts(section.counts)));
    let has_more = move || {
        state
            .shown
            .with(|shown| find(shown.as_ref(), team).is_some_and(|section| section.next_cursor.is_some()))
    };
    let own = use_session().account();
    let numbers = move || {
        state
            .shown
            .with(|shown| find(shown.as_ref(), team).map(|section| numbers(section, own)).unwrap_or_default())
    };
    let is_filtered_out = move || {
        let is_empty = |section: &QueueSection| {
            section.items.is_empty() && section.counts.agent + section.counts.customer > 0
        };
        state.shown.with(|shown| find(shown.as_ref(), team).is_some_and(is_empty))
    };
    let busy = RwSignal::new(false);
    let notices = use_notices();
    let scope = TaskScope::current();
    let show_more = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        scope.spawn(async move {
            if let Err(error) = state.fetch_more(team).await {
                notices.error(&error);
            }
            busy.try_set(false);
        });
    });
    let heading = format!("team-{team}");
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center gap-x-4 gap-y-1">
                <h2 id=heading.clone() class="text-base font-semibold">{name}</h2>
                <p class="text-sm">{counts}</p>
                {filter_buttons(state.filters, team, numbers, filtered)}
            </div>
            {table(state, team, heading.clone())}
            {when(
                is_filtered_out,
                move || view! { <p class="py-2 text-sm">{move || none_text(state.filters.of(team))}</p> }.into_any(),
            )}
            {more_button(has_more, busy, Some(name.into()), show_more)}
        </section>
    }
}

/// The table, if there are rows. It records whether the pointer or the focus is on the rows.
fn table(state: QueueState, team: TeamId, heading: String) -> AnyView {
    let zone = untrack(|| {
        state.shown.with(|shown| {
            find(shown.as_ref(), team)
                .map_or_else(|| Zone::new("UTC"), |section| Zone::new(&section.team.time_zone))
        })
    });
    let rows = Memo::new(move |_| {
        state.shown.with(|shown| {
            let items = find(shown.as_ref(), team).map(|section| section.items.iter());
            items.map(|items| items.map(|row| row.id).collect::<Vec<_>>()).unwrap_or_default()
        })
    });
    let focus_left = move |event: FocusEvent| {
        let target = event.related_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        state.focused.set(target.is_some_and(|target| target.closest("tbody").ok().flatten().is_some()));
    };
    when(
        move || rows.with(|rows| !rows.is_empty()),
        move || {
            let zone = zone.clone();
            let rows = keyed(
                move || rows.get().into_iter().map(|id| Row::new(id.0)).collect(),
                move |shown| row(state, team, ConversationId(shown.id), zone.clone()),
            );
            view! {
                <table role="table" aria-labelledby=heading.clone() class=TABLE>
                    {head(COLUMNS)}
                    <tbody
                        role="rowgroup"
                        class=BODY
                        on:pointerenter=move |_| state.pointed.set(true)
                        on:pointerleave=move |_| state.pointed.set(false)
                        on:focusin=move |_| state.focused.set(true)
                        on:focusout=focus_left
                    >
                        {rows}
                    </tbody>
                </table>
            }
            .into_any()
        },
    )
}

fn row(state: QueueState, team: TeamId, id: ConversationId, zone: Zone) -> AnyView {
    // A row that is being removed keeps its last values.
    let conversation = Memo::new(move |before: Option<&Option<Conversation>>| {
        let now = state.shown.with(|shown| {
            let items = find(shown.as_ref(), team).map(|section| section.items.iter());
            items.and_then(|mut items| items.find(|row| row.id == id).cloned())
        });
        now.or_else(|| before.cloned().flatten())
    });
    let text = move |read: fn(&Conversation) -> String| {
        Signal::derive(move || {
            conversation.with(|conversation| conversation.as_ref().map(read).unwrap_or_default())
        })
    };
    let reference = Memo::new(move |_| {
        conversation
            .with(|conversation| conversation.as_ref()?.reference.clone().filter(|text| !text.is_empty()))
    });
    let last = move || {
        let at =
            conversation.with(|conversation| conversation.as_ref().and_then(|found| found.last_message_at));
        match at {
            Some(at) => timestamp(at, &zone),
            None => "–".into_any(),
        }
    };
    let next = move || conversation.with(|conversation| conversation.as_ref().map(next_action));
    view! {
        <tr role="row" class=ROW>
            {cell("Ref", view! { {move || ref_link(id, reference.get().map(IntoAny::into_any))} })}
            {name_cell(text(|conversation| or_dash(conversation.name.as_deref())))}
            {cell(
                "Number",
                view! {
                    <span class="whitespace-nowrap tabular-nums">
                        {text(|conversation| conversation.number.display())}
                    </span>
                },
            )}
            {cell("Last Message", view! { {move || last()} })}
            {cell("Next Action", view! { {move || next()} })}
            {link_cell(id, text(open_label))}
        </tr>
    }
    .into_any()
}

fn next_action(conversation: &Conversation) -> AnyView {
    let clock = use_context::<Clock>();
    let since = conversation.waiting_since;
    let detail = match (&conversation.attention, conversation.next_action) {
        (Some(attention), _) => {
            // The code in words ("not delivered"); wide screens also show what to do.
            let kind = attention.code.as_str().replace('_', " ");
            let text = attention.text.clone();
            view! {
                <span class="shrink-0 font-medium text-red-700 dark:text-red-300">{kind}</span>
                <span class="hidden min-w-0 truncate text-xs xl:inline" title=text.clone()>{text.clone()}</span>
            }
            .into_any()
        }
        (None, Some(NextAction::Agent)) => {
            view! { <span class="whitespace-nowrap">{move || clock.map(|clock| clock.waiting(since))}</span> }
                .into_any()
        }
        (None, _) => ().into_any(),
    };
    let badge = match conversation.next_action {
        Some(NextAction::Agent) => {
            view! { <span class="badge badge-primary badge-sm shrink-0">"Agent"</span> }.into_any()
        }
        Some(NextAction::Customer) => {
            view! { <span class="badge badge-outline badge-sm shrink-0">"Customer"</span> }.into_any()
        }
        None => ().into_any(),
    };
    let holder = conversation.assigned_to.as_ref().map(avatar);
    view! {
        <span class="flex min-w-0 flex-1 items-center gap-3">
            {badge} {detail} <span class="ml-auto empty:hidden">{holder}</span>
        </span>
    }
    .into_any()
}

fn find(queue: Option<&shared::conversation::Queue>, team: TeamId) -> Option<&QueueSection> {
    queue?.sections.iter().find(|section| section.team.id == team)
}

/// "3 waiting for a reply · 5 with the customer"
fn counts(counts: Counts) -> String {
    format!("{} waiting for a reply · {} with the customer", counts.agent, counts.customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_as_text() {
        assert_eq!(
            counts(Counts { agent: 3, customer: 5, unassigned: 0 }),
            "3 waiting for a reply · 5 with the customer"
        );
        assert_eq!(
            counts(Counts { agent: 1, customer: 0, unassigned: 1 }),
            "1 waiting for a reply · 0 with the customer"
        );
    }
}
