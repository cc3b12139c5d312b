//! Conversations in progress: a section per team, in queue order. Rows never move under the pointer or the focus:
//! news waits behind a button until the agent looks away.

mod actions;
mod board;
mod news;
mod section;

use leptos::prelude::*;
use shared::ids::TeamId;

use self::{actions::actions, board::Board, section::Section};
use crate::{
    components::{
        heading::Heading,
        placeholder::{empty, failed, skeleton},
        when::{Row, keyed, when},
    },
    keys::use_keys,
    live::{coalesced, use_live},
    pages::lazy::fetch_conversation_ahead,
    session::use_client,
};

/// The page `/`.
#[component]
pub(crate) fn QueuePage() -> impl IntoView {
    let board = Board::new(use_client());
    let fetch = coalesced(move || board.fetch());
    fetch.run(());
    use_live().listen(move |_| fetch.run(()));

    let keys = use_keys();
    Effect::new(move |asked: Option<u32>| {
        let now = keys.show_news.get();
        if asked.is_some_and(|before| before != now) {
            board.show_news();
        }
        now
    });
    let seen = window_event_listener(leptos::ev::visibilitychange, move |_| {
        board.unseen.set(document().hidden());
    });
    on_cleanup(move || seen.remove());

    let teams = Memo::new(move |_| {
        board.shown.with(|shown| {
            let sections = shown.as_ref().map(|queue| queue.sections.iter());
            sections.map(|sections| sections.map(|section| section.team.id).collect::<Vec<TeamId>>())
        })
    });
    let is_empty = Memo::new(move |_| {
        board.shown.with(|shown| {
            let mut sections = shown.iter().flat_map(|queue| &queue.sections);
            sections.all(|section| section.items.is_empty())
        })
    });
    let no_rows = Memo::new(move |_| teams.get().is_none());
    Effect::new(move |_| {
        if !no_rows.get() {
            fetch_conversation_ahead();
        }
    });
    let body = move || {
        if no_rows.get() {
            return match board.fault.get() {
                Some(fault) => failed(&fault, fetch),
                None => skeleton(8),
            };
        }
        view! {
            {when(move || is_empty.get(), || empty("No conversations in progress"))}
            {keyed(
                move || teams.get().unwrap_or_default().into_iter().map(|team| Row::new(team.0)).collect(),
                move |row| view! { <Section board team=TeamId(row.id) /> }.into_any(),
            )}
        }
        .into_any()
    };
    let news = when(
        move || board.news() > 0,
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-primary btn-sm pointer-events-auto max-lg:shadow-lg"
                    on:click=move |_| board.show_news()
                >
                    {move || board.news()}
                    " new · show (R)"
                </button>
            }
            .into_any()
        },
    );
    view! {
        // On a narrow screen the heading scrolls away, and the news floats at the lower edge. Elsewhere the news has its
        // room from the start, so that its coming pushes nothing down.
        <div class="z-20 -mt-4 flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-2 bg-base-100 py-2 lg:sticky lg:top-[var(--header,3rem)] lg:flex-nowrap">
            <Heading text="Conversations in progress" class="text-xl font-semibold lg:shrink-0" />
            <div
                role="status"
                class="flex justify-end max-lg:pointer-events-none max-lg:fixed max-lg:inset-x-0 max-lg:bottom-4 max-lg:z-20 max-lg:justify-center lg:min-w-38 lg:flex-1"
            >
                {news}
            </div>
            <div class="flex min-w-0 flex-wrap gap-2 lg:justify-end">{actions()}</div>
        </div>
        <div class="flex flex-col gap-6">{move || body()}</div>
    }
}
