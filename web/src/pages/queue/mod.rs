//! The queue: the conversations in progress, a section per team, as a page and as the list beside a conversation. Rows
//! do not move while the pointer or focus is on them: new rows and new places wait behind a button until the agent leaves
//! the rows or presses it.

mod actions;
mod changes;
pub(crate) mod drafts;
pub(crate) mod filter;
mod section;
pub(crate) mod state;
pub(crate) mod team;
mod wanted;

use leptos::prelude::*;
use shared::ids::TeamId;

use self::{
    actions::actions,
    changes::Changes,
    section::Section,
    state::{QueueState, use_queue},
    wanted::Wanted,
};
use crate::{
    components::{
        heading::Heading,
        placeholder::{empty, failed, skeleton},
        when::{Row, keyed, when},
    },
    language::t,
    pages::lazy::prefetch_conversation,
    scroll_restoration::use_scroll_restoration,
};

/// The page `/`.
#[component]
pub(crate) fn QueuePage() -> impl IntoView {
    let state = use_queue();
    state.show_on_screen();
    if let Some(restoration) = use_scroll_restoration() {
        restoration.restore_when(move || state.shown.with(Option::is_some));
    }
    // Once the rows are loaded, fetches the code of the conversation page.
    Effect::new(move |_| {
        if state.shown.with(Option::is_some) {
            prefetch_conversation();
        }
    });
    view! {
        // On a narrow screen the heading scrolls away and the button floats at the lower edge. On a wide screen its
        // space is reserved, so that the layout does not shift when it appears.
        <div class="z-20 -mt-4 flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-2 bg-page py-2 lg:sticky lg:top-[var(--header,3rem)] lg:flex-nowrap">
            <Heading text=t!("Conversations in progress") class="text-xl font-semibold lg:shrink-0" />
            <div
                role="status"
                class="flex justify-end max-lg:pointer-events-none max-lg:fixed max-lg:inset-x-0 max-lg:bottom-4 max-lg:z-20 max-lg:justify-center lg:min-w-38 lg:flex-1"
            >
                {updates_button(state)}
            </div>
            <div class="flex min-w-0 flex-wrap gap-2 lg:justify-end">{actions()}</div>
        </div>
        <div class="flex flex-col gap-6">
            {sections(state, |state, team| view! { <Section state team /> }.into_any())}
        </div>
    }
}

/// The sections of the teams, or why there are none.
pub(crate) fn sections(state: QueueState, section: fn(QueueState, TeamId) -> AnyView) -> AnyView {
    let teams = Memo::new(move |_| {
        state.shown.with(|shown| {
            let sections = shown.as_ref().map(|queue| queue.sections.iter());
            sections.map(|sections| sections.map(|section| section.team.id).collect::<Vec<TeamId>>())
        })
    });
    let is_empty = Memo::new(move |_| {
        state.shown.with(|shown| {
            let mut sections = shown.iter().flat_map(|queue| &queue.sections);
            // A section can also have no rows because its filter matches none.
            sections.all(|section| {
                section.items.is_empty() && section.counts.agent + section.counts.customer == 0
            })
        })
    });
    let not_loaded = Memo::new(move |_| teams.get().is_none());
    let body = move || {
        if not_loaded.get() {
            return match state.error.get() {
                Some(error) => failed(&error, Callback::new(move |()| state.refresh(Wanted::All))),
                None => skeleton(8),
            };
        }
        view! {
            {when(move || is_empty.get(), || empty(t!("No conversations in progress")))}
            {keyed(
                move || teams.get().unwrap_or_default().into_iter().map(|team| Row::new(team.0)).collect(),
                move |row| section(state, TeamId(row.id)),
            )}
        }
        .into_any()
    };
    view! { {move || body()} }.into_any()
}

/// The button that shows the updates that are held back.
pub(crate) fn updates_button(state: QueueState) -> AnyView {
    let text = move || match state.held_back_changes() {
        Some(Changes { new: 0, moved }) => t!("{moved} moved · show (R)", moved),
        Some(Changes { new, .. }) => t!("{new} new · show (R)", new),
        None => String::new(),
    };
    when(
        move || state.held_back_changes().is_some(),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-primary btn-sm pointer-events-auto max-lg:shadow-lg"
                    on:click=move |_| state.show_held_back()
                >
                    {text}
                </button>
            }
            .into_any()
        },
    )
}
