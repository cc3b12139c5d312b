//! What surrounds every page of someone who is signed in: skip link, menu, live indicator, account.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use shared::account::Me;

use super::{account_menu::AccountMenu, keyboard_help::KeyboardHelp};
use crate::{
    keys::{Keys, focus_first},
    live::{Live, LiveState, News},
    session::use_session,
};

/// The frame around a page.
#[component]
pub(crate) fn Shell(
    /// Who is signed in.
    me: Me,
    /// The page.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let live = Live::provide();
    Keys::provide();
    live.listen(move |news| {
        // Teams and permissions may have changed meanwhile; or another tab signed in as someone else.
        if matches!(news, News::Opened) {
            session.ask();
        }
    });
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus_first("main h1");
    };
    view! {
        <a
            href="#main"
            class="btn btn-primary btn-sm sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
            on:click=skip
        >
            "Skip to the content"
        </a>
        <header class="z-30 flex min-h-12 flex-wrap items-center gap-x-4 border-b border-base-300 bg-base-200 px-3 sm:sticky sm:top-0 lg:px-6">
            <span class="font-semibold whitespace-nowrap">"SMS Chat"</span>
            <nav aria-label="Main" class="order-last -mx-1 w-full overflow-x-auto sm:order-none sm:mx-0 sm:w-auto">
                <ul class="flex">
                    <li><MenuLink href="/" text="Conversations in progress" /></li>
                    <li><MenuLink href="/closed" text="Closed" /></li>
                </ul>
            </nav>
            <div class="ml-auto flex items-center gap-2">
                <LiveIndicator live />
                <AccountMenu me />
            </div>
        </header>
        <main id="main" class="flex min-h-0 w-full flex-1 flex-col px-3 py-4 lg:px-6">
            {children()}
        </main>
        <KeyboardHelp />
    }
}

#[component]
fn MenuLink(href: &'static str, text: &'static str) -> impl IntoView {
    let here = use_location().pathname;
    view! {
        <a
            href=href
            aria-current=move || (here.get() == href).then_some("page")
            class="block border-b-2 border-transparent px-2 py-2.5 text-sm whitespace-nowrap hover:border-base-content/40 aria-[current=page]:border-primary aria-[current=page]:font-medium"
        >
            {text}
        </a>
    }
}

#[component]
fn LiveIndicator(live: Live) -> impl IntoView {
    let dot = move || match live.state.get() {
        LiveState::Live => "status status-success",
        LiveState::Connecting | LiveState::Interrupted => "status status-warning",
    };
    let text = move || match live.state.get() {
        LiveState::Connecting => "connecting…",
        LiveState::Live => "live",
        LiveState::Interrupted => "reconnecting…",
    };
    view! {
        <span role="status" class="flex items-center gap-1.5 text-sm whitespace-nowrap">
            <span aria-hidden="true" class=dot></span>
            {move || text()}
        </span>
    }
}
