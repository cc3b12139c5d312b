//! The thread on screen: days, bubbles, and where it is scrolled to.

use leptos::{html, prelude::*};
use shared::message::Message;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::ResizeObserver;

use super::{Desk, bubble::bubble, thread::Thread};
use crate::{
    components::{
        notices::use_notices,
        placeholder::{empty, failed, skeleton},
        when::{Row, keyed, when},
    },
    tasks::start,
    time_zone::Zone,
};

/// So near the end still counts as being there.
const NEAR: i32 = 48;

#[derive(Clone, Copy)]
struct Scroll {
    area: NodeRef<html::Div>,
    at_end: RwSignal<bool>,
}

impl Scroll {
    fn is_at_end(self) -> bool {
        self.area
            .get_untracked()
            .is_none_or(|area| area.scroll_height() - area.scroll_top() - area.client_height() < NEAR)
    }

    /// Goes to the newest message; twice, since rows out of sight have only an estimated height.
    fn to_end(self) {
        let go = move || {
            if let Some(area) = self.area.try_get_untracked().flatten() {
                area.set_scroll_top(area.scroll_height());
            }
        };
        self.at_end.try_set(true);
        request_animation_frame(move || {
            go();
            request_animation_frame(go);
        });
    }

    /// Keeps what is in sight in sight while `change` adds rows above it.
    async fn hold(self, change: impl Future<Output = ()>) {
        let measure = move || self.area.try_get_untracked().flatten().map(|area| area.scroll_height());
        let before = measure();
        change.await;
        request_animation_frame(move || {
            let Some(area) = self.area.try_get_untracked().flatten() else {
                return;
            };
            let grown = area.scroll_height() - before.unwrap_or_default();
            // Browsers hold the place by themselves unless the list is at its very top.
            if area.scroll_top() < NEAR {
                area.set_scroll_top(area.scroll_top() + grown);
            }
        });
    }
}

/// The thread of messages.
#[component]
pub(super) fn Messages(desk: Desk, zone: Zone) -> impl IntoView {
    let thread = desk.thread;
    let notices = use_notices();
    let scroll = Scroll { area: NodeRef::new(), at_end: RwSignal::new(true) };
    let missed = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let observing = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn Fn()>)>);

    Effect::new(move |before: Option<Option<_>>| {
        let newest = thread.newest();
        if newest.is_some() && before != Some(newest) {
            if scroll.at_end.get_untracked() {
                scroll.to_end();
            } else {
                missed.set(true);
            }
        }
        newest
    });
    // When the composer below grows, what was at the end stays there.
    Effect::new(move |_| {
        let Some(area) = scroll.area.get() else { return };
        let resized = Closure::<dyn Fn()>::new(move || {
            if scroll.at_end.try_get_untracked() == Some(true) {
                scroll.to_end();
            }
        });
        let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&area);
        observing.set_value(Some((observer, resized)));
    });
    on_cleanup(move || {
        if let Some(Some((observer, _))) = observing.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
    // The newest message counts as seen when it is in sight: a reply carries its id.
    Effect::new(move |_| {
        if scroll.at_end.get() {
            missed.set(false);
            thread.seen.set(thread.newest());
        }
    });
    let earlier = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        start(async move {
            scroll
                .hold(async move {
                    if let Err(fault) = thread.fetch_earlier().await {
                        notices.fault(&fault);
                    }
                    busy.try_set(false);
                })
                .await;
        });
    };
    let earlier = when(
        move || thread.has_earlier.get() == Some(true),
        move || {
            view! {
                <div class="text-center">
                    <button type="button" class="btn btn-sm" on:click=earlier>
                        {move || if busy.get() { "Loading…" } else { "Earlier messages" }}
                    </button>
                </div>
            }
            .into_any()
        },
    );
    let pill = when(
        move || missed.get(),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-primary btn-sm absolute bottom-3 left-1/2 -translate-x-1/2 shadow-md"
                    on:click=move |_| scroll.to_end()
                >
                    "New message ↓"
                </button>
            }
            .into_any()
        },
    );
    let rows = {
        let days = zone.clone();
        keyed(move || with_days(thread, &days), move |row| draw(thread, row, &zone))
    };
    let none_yet = Memo::new(move |_| thread.entries.with(Vec::is_empty));
    let instead = move || {
        none_yet.get().then(|| match (thread.fault.get(), thread.has_earlier.get()) {
            (Some(fault), _) => failed(&fault, desk.refetch),
            (None, None) => skeleton(5),
            (None, Some(_)) => empty("No messages yet"),
        })
    };
    view! {
        <div class="relative flex min-h-0 flex-1 flex-col">
            <div
                node_ref=scroll.area
                role="region"
                aria-label="Messages"
                tabindex="0"
                class="min-h-40 flex-1 overflow-y-auto rounded-box border border-base-300 px-3 py-2 max-lg:max-h-[60dvh] sm:px-4"
                on:scroll=move |_| scroll.at_end.set(scroll.is_at_end())
            >
                {earlier}
                {move || instead()}
                <ol>
                    {rows}
                </ol>
            </div>
            {pill}
            <div class="sr-only" aria-live="polite">
                {move || thread.heard.get().map(|message| announced(&message))}
            </div>
        </div>
    }
}

fn draw(thread: Thread, row: Row, zone: &Zone) -> AnyView {
    let message = thread.message(row.id).map(|message| bubble(message, zone.clone()));
    view! {
        <li class="[contain-intrinsic-size:auto_5rem] [content-visibility:auto]">
            {row.above.map(|day| view! { <p class="divider my-2 text-sm">{day}</p> })}
            {message}
        </li>
    }
    .into_any()
}

/// Each message, with its day above where that is another one than before.
fn with_days(thread: Thread, zone: &Zone) -> Vec<Row> {
    thread.entries.with(|entries| {
        let mut before = None;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let day = entry.day(zone);
            let above = (before != Some(day)).then(|| day.to_owned());
            rows.push(Row { id: entry.id.0, above });
            before = Some(day);
        }
        rows
    })
}

fn announced(message: &Message) -> String {
    let name = message.sender.name.as_deref().unwrap_or("the customer");
    format!("New message from {name}: {}", message.body)
}
