//! The message thread: earlier conversations, date separators, messages, and buttons for earlier and new messages.

use leptos::prelude::*;
use shared::message::Message;

use super::{
    ConversationContext, bubble::bubble, history::earlier_conversations, scheduled::scheduled_bubble,
    scroll::Scroll, thread::Thread,
};
use crate::{
    components::{
        notices::{Notices, use_notices},
        person::isolated,
        placeholder::{empty, failed, skeleton},
        when::{Row, keyed, when},
    },
    language::t,
    tasks::TaskScope,
    time_zone::Zone,
};

/// The thread.
#[component]
pub(super) fn Messages(context: ConversationContext, zone: Zone) -> impl IntoView {
    let thread = context.thread;
    let scroll = Scroll::new();
    let earlier = EarlierMessages::new(thread, scroll);
    let has_unseen = RwSignal::new(false);
    follow_newest(thread, scroll, has_unseen);
    let is_empty = Memo::new(move |_| thread.entries.with(Vec::is_empty));
    let placeholder = move || {
        is_empty.get().then(|| match (thread.error.get(), thread.has_earlier.get()) {
            (Some(error), _) => failed(&error, context.refetch),
            (None, None) => skeleton(5),
            (None, Some(_)) => empty(t!("No messages yet")),
        })
    };
    view! {
        <div class="relative flex min-h-0 flex-1 flex-col xl:-mx-4">
            <div
                node_ref=scroll.area
                role="region"
                aria-label=t!("Messages")
                tabindex="0"
                class="min-h-40 flex-1 overflow-y-auto rounded-box border border-edge px-3 py-2 -outline-offset-2 max-lg:max-h-[60dvh] sm:px-4 xl:rounded-none xl:border-x-0"
                on:scroll=move |_| {
                    scroll.scrolled();
                    earlier.scrolled();
                }
            >
                {earlier.button()}
                {earlier_conversations(context, &zone)}
                {move || placeholder()}
                <ol>
                    {rows(context, zone)}
                </ol>
            </div>
            {new_message_button(scroll, has_unseen)}
            <div class="sr-only" aria-live="polite">
                {move || thread.latest_inbound.get().map(|message| announcement(&message))}
            </div>
        </div>
    }
}

/// Keeps a thread at its end when messages arrive, and records which messages the agent has seen.
fn follow_newest(thread: Thread, scroll: Scroll, has_unseen: RwSignal<bool>) {
    Effect::new(move |before: Option<Option<_>>| {
        let newest = thread.newest();
        // A cancelled message may have been the newest one.
        if before.flatten() < newest {
            if scroll.at_end.get_untracked() {
                scroll.to_end();
            } else {
                has_unseen.set(true);
            }
        }
        newest
    });
    Effect::new(move |before: Option<u32>| {
        let sent = thread.sent.get();
        if before.is_some() {
            scroll.to_end();
        }
        sent
    });
    // The newest message counts as seen once it is visible. A reply sends its id as the last seen message.
    Effect::new(move |_| {
        if scroll.at_end.get() {
            has_unseen.set(false);
            thread.seen.set(thread.newest());
        }
    });
}

/// Fetches the messages before the loaded ones: when their button is clicked, and when the agent scrolls near the top.
#[derive(Clone, Copy)]
struct EarlierMessages {
    thread: Thread,
    scroll: Scroll,
    notices: Notices,
    scope: TaskScope,
    busy: RwSignal<bool>,
    /// Whether the last fetch failed. Then only the button fetches again.
    failed: StoredValue<bool>,
}

impl EarlierMessages {
    fn new(thread: Thread, scroll: Scroll) -> Self {
        let (busy, failed) = (RwSignal::new(false), StoredValue::new(false));
        Self { thread, scroll, notices: use_notices(), scope: TaskScope::current(), busy, failed }
    }

    fn fetch(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.scope.spawn(self.scroll.keep_position(async move {
            let fetched = self.thread.fetch_more().await;
            self.failed.try_set_value(fetched.is_err());
            if let Err(error) = fetched {
                self.notices.error(&error);
            }
            self.busy.try_set(false);
        }));
    }

    /// Handles a scroll event.
    fn scrolled(self) {
        if self.scroll.is_near_top() && !self.failed.get_value() && untrack(|| self.thread.has_more()) {
            self.fetch();
        }
    }

    fn button(self) -> AnyView {
        when(
            move || self.thread.has_more(),
            move || {
                view! {
                    <div class="text-center">
                        <button type="button" class="btn btn-sm" on:click=move |_| self.fetch()>
                            {move || if self.busy.get() { t!("Loading…") } else { t!("Earlier messages") }}
                        </button>
                    </div>
                }
                .into_any()
            },
        )
    }
}

/// The button that scrolls to a new message below the visible part of the thread.
fn new_message_button(scroll: Scroll, has_unseen: RwSignal<bool>) -> AnyView {
    when(
        move || has_unseen.get(),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-primary btn-sm absolute bottom-3 left-1/2 -translate-x-1/2 shadow-md"
                    on:click=move |_| scroll.to_end()
                >
                    {t!("New message ↓")}
                </button>
            }
            .into_any()
        },
    )
}

/// The messages. Two nested lists, because inserting rows before thousands of others in one list takes seconds.
fn rows(context: ConversationContext, zone: Zone) -> AnyView {
    let blocks_zone = zone.clone();
    let blocks = Memo::new(move |_| blocks(context.thread, &blocks_zone));
    keyed(
        move || blocks.with(|blocks| blocks.iter().map(|block| Row::new(block.number)).collect()),
        move |block| {
            let zone = zone.clone();
            keyed(
                move || blocks.with(|blocks| rows_of(blocks, block.id)),
                move |row| render(context, row, &zone),
            )
        },
    )
}

fn render(context: ConversationContext, row: Row, zone: &Zone) -> AnyView {
    let message = context.thread.message(row.id).map(|message| bubble_of(context, message, zone.clone()));
    message_row(row.above, message)
}

/// A message that was scheduled is drawn anew with each change, others only once.
fn bubble_of(context: ConversationContext, message: ArcRwSignal<Message>, zone: Zone) -> AnyView {
    if message.with_untracked(|message| message.send_at.is_none()) {
        return bubble(context, message, &zone);
    }
    let drawn = move || match message.get() {
        scheduled if scheduled.status.is_scheduled() => scheduled_bubble(context, scheduled, &zone),
        _ => bubble(context, message.clone(), &zone),
    };
    view! { {drawn} }.into_any()
}

/// A message, below the day if it is the first one of that day.
pub(super) fn message_row(day: Option<String>, message: Option<AnyView>) -> AnyView {
    view! {
        <li class="[contain-intrinsic-size:auto_5rem] [content-visibility:auto]">
            {day.map(|day| view! { <p class="divider my-2 text-xs text-quiet">{day}</p> })}
            {message}
        </li>
    }
    .into_any()
}

/// Rows that were loaded together.
#[derive(Clone, PartialEq)]
struct Block {
    number: i64,
    rows: Vec<Row>,
}

/// Groups the messages into blocks. The first message of each day has the date above it.
fn blocks(thread: Thread, zone: &Zone) -> Vec<Block> {
    thread.entries.with(|entries| {
        let mut before = None;
        let mut blocks: Vec<Block> = Vec::new();
        for entry in entries {
            let day = entry.day(zone);
            let above = (before != Some(day)).then(|| day.to_owned());
            let row = Row { id: entry.id.0, above };
            match blocks.last_mut() {
                Some(block) if block.number == entry.block => block.rows.push(row),
                _ => blocks.push(Block { number: entry.block, rows: vec![row] }),
            }
            before = Some(day);
        }
        blocks
    })
}

fn rows_of(blocks: &[Block], number: i64) -> Vec<Row> {
    blocks.iter().find(|block| block.number == number).map(|block| block.rows.clone()).unwrap_or_default()
}

fn announcement(message: &Message) -> String {
    let text = isolated(&message.body);
    match message.sender.name.as_deref() {
        Some(name) => t!("New message from {name}: {text}", name = isolated(name), text),
        None => t!("New message from the customer: {text}", text),
    }
}
