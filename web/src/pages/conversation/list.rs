//! The queue beside a conversation: a compact list, a section per team. It stays while conversations are opened.

use leptos::prelude::*;
use shared::{
    conversation::{Conversation, Counts},
    ids::{ConversationId, TeamId},
};
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::prefetch::{self, prefetch};
use crate::{
    api::Client,
    clock::pause,
    components::{
        avatar::{customer_avatar, holder_avatar},
        tags::dots,
        viewers::viewers,
        waiting::{attention, needs_agent, snoozed, waiting},
        when::keyed,
    },
    keys::{LIST_LINK, neighbour},
    language::t,
    live::use_live,
    pages::queue::{
        drafts::draft_mark,
        sections,
        state::{QueueState, use_queue},
        team::{TeamSection, stays_in_rows},
        updates_button,
    },
    router::{Router, conversation_of, use_router},
    session::use_client,
    tasks::{spawn, spawn_detached},
    time_zone::Zone,
};

/// How long a conversation is open before the next one is fetched, so that its own requests go first.
const PREFETCH_AFTER: std::time::Duration = std::time::Duration::from_millis(300);

/// How long the pointer is on a row before its conversation is fetched, so that crossing the list fetches nothing.
const DWELL: std::time::Duration = std::time::Duration::from_millis(80);

/// Which conversation is open. A selector, so that opening another one updates two rows and not all.
#[derive(Clone)]
struct OpenConversation(Selector<Option<ConversationId>>);

/// The list.
#[component]
pub(crate) fn ConversationList() -> impl IntoView {
    let (state, router, client) = (use_queue(), use_router(), use_client());
    state.show_on_screen();
    use_live().listen(prefetch::drop_changed);
    on_cleanup(prefetch::clear);
    provide_context(OpenConversation(Selector::new(move || router.path.with(|path| conversation_of(path)))));
    follow_open_conversation(state, router, client);
    view! {
        <div class="flex h-12 shrink-0 items-center justify-between gap-2 border-b border-edge px-3">
            <p class="text-sm font-semibold">{t!("In progress")}</p>
            <div role="status">{updates_button(state)}</div>
        </div>
        <div class="min-h-0 flex-1 overflow-y-auto overscroll-contain">{sections(state, section)}</div>
    }
}

/// Scrolls the row of the open conversation into view, and fetches the next conversation.
fn follow_open_conversation(state: QueueState, router: Router, client: Client) {
    let is_loaded = Memo::new(move |_| state.shown.with(Option::is_some));
    Effect::new(move |_| {
        router.path.track();
        if !is_loaded.get() {
            return;
        }
        // In the next frame, when the rows are there and the open one is marked.
        request_animation_frame(|| {
            let open = document().query_selector(&format!("{LIST_LINK}[aria-current]")).ok().flatten();
            if let Some(open) = open {
                show(&open);
            }
        });
        spawn(async move {
            pause(PREFETCH_AFTER).await;
            if let Some(next) = neighbour(1).as_deref().and_then(conversation_of) {
                prefetch(client, next);
            }
        });
    });
}

/// Scrolls as far as necessary. The list keeps its place when the row is visible.
fn show(row: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    row.scroll_into_view_with_scroll_into_view_options(&options);
}

fn section(state: QueueState, team: TeamId) -> AnyView {
    let section = TeamSection::new(state, team);
    let heading = format!("list-{team}");
    let counts = move || counts(section.counts.get());
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="sticky top-0 z-10 flex flex-wrap items-baseline justify-between gap-x-2 bg-panel px-3 pt-3 pb-1">
                <h2 id=heading.clone() class="truncate text-xs font-semibold" dir="auto">{section.name}</h2>
                <p class="shrink-0 text-xs text-quiet">{counts}</p>
            </div>
            <div class="px-3 pb-1">{section.filter_buttons()}</div>
            <ul
                data-rows=""
                on:pointerenter=move |_| state.pointed.set(true)
                on:pointerleave=move |_| state.pointed.set(false)
                on:focusin=move |_| state.focused.set(true)
                on:focusout=move |event| state.focused.set(stays_in_rows(&event))
            >
                {keyed(move || section.rows(), move |shown| row(section, ConversationId(shown.id)))}
            </ul>
            <div class="px-3">{section.none_text()}</div>
            <div class="px-3 pb-2">{section.more_button()}</div>
        </section>
    }
    .into_any()
}

fn row(section: TeamSection, id: ConversationId) -> AnyView {
    let client = use_client();
    let conversation = section.conversation(id);
    let is_pointed = StoredValue::new(false);
    let open = use_context::<OpenConversation>();
    let is_open = move || open.as_ref().is_some_and(|open| open.0.selected(&Some(id)));
    let current = move || is_open().then_some("page");
    let zone = section.zone();
    let content =
        move || conversation.with(|conversation| conversation.as_ref().map(|row| content(row, &zone)));
    // The intrinsic size is the row's height, so that the scroll bar does not move while rows are drawn.
    view! {
        <li class="[contain-intrinsic-size:auto_3.25rem] [content-visibility:auto]">
            <a
                href=format!("/conversations/{id}")
                class="flex h-13 items-center gap-2.5 px-3 -outline-offset-2 hover:bg-edge/50 aria-[current]:bg-mine"
                data-list-link=""
                aria-current=current
                on:pointerenter=move |_| {
                    is_pointed.set_value(true);
                    spawn_detached(async move {
                        pause(DWELL).await;
                        if is_pointed.try_get_value() == Some(true) {
                            prefetch(client, id);
                        }
                    });
                }
                on:pointerleave=move |_| is_pointed.set_value(false)
                on:focus=move |_| prefetch(client, id)
            >
                {content} {viewers(id)}
            </a>
        </li>
    }
    .into_any()
}

/// Two lines: who, and how long they have waited; the number, what failed, and how many messages are new. Then who has
/// the conversation.
fn content(conversation: &Conversation, zone: &Zone) -> AnyView {
    let number = conversation.number.display();
    let name = conversation.name.clone().filter(|name| !name.is_empty());
    let needs_agent = needs_agent(conversation);
    let weight = if needs_agent { "font-semibold" } else { "text-quiet" };
    // A number of which the end is missing names another customer.
    let fit = if name.is_some() { "truncate" } else { "shrink-0" };
    let wait = if let Some(until) = conversation.snoozed_until {
        snoozed(until, zone)
    } else if needs_agent {
        waiting(conversation.waiting_since, "sr-only")
    } else {
        view! { <span class="shrink-0 text-quiet">{t!("customer")}</span> }.into_any()
    };
    let unread = (conversation.unread > 1).then(|| {
        view! { <span class="shrink-0 font-semibold text-accent-text">{t!("{count} new", count = conversation.unread)}</span> }
    });
    let below = (name.is_some() || unread.is_some() || conversation.attention.is_some()).then(|| {
        view! {
            <span class="flex h-4 items-center justify-between gap-2 text-xs text-quiet">
                <span class="shrink-0">{name.is_some().then(|| number.clone())}</span>
                <span class="flex items-center gap-2">{conversation.attention.as_ref().map(attention)} {unread}</span>
            </span>
        }
    });
    view! {
        {customer_avatar(conversation)}
        <span class="min-w-0 flex-1">
            <span class="flex items-baseline justify-between gap-2 text-sm">
                <span class="flex min-w-0 items-center gap-2">
                    <bdi class=format!("{fit} {weight}")>{name.unwrap_or(number)}</bdi>
                    {dots(&conversation.tags)}
                </span>
                <span class="flex shrink-0 items-baseline gap-2 text-xs">{draft_mark(conversation.id)} {wait}</span>
            </span>
            {below}
        </span>
        {holder_avatar(conversation)}
    }
    .into_any()
}

/// "3 waiting · 5 with the customer"
fn counts(counts: Counts) -> String {
    t!("{agent} waiting · {customer} with the customer", agent = counts.agent, customer = counts.customer)
}
