//! Who is signed in, the theme, the list of keys, and signing out.

use leptos::prelude::*;
use shared::account::Me;

use super::notices::use_notices;
use crate::{keys::use_keys, session::use_session, tasks::start_detached, theme::Theme};

/// The menu at the top right.
#[component]
pub(crate) fn AccountMenu(
    /// Who is signed in.
    me: Me,
) -> impl IntoView {
    let session = use_session();
    let notices = use_notices();
    let keys = use_keys();
    let sign_out = move |_| {
        start_detached(async move {
            if let Err(fault) = session.sign_out().await {
                notices.fault(&fault);
            }
        });
    };
    let name = me.account.display_name.clone();
    view! {
        <button type="button" class="btn btn-ghost btn-sm" popovertarget="account-menu">
            <span class="sr-only">"Account: "</span>
            <span class="max-w-32 truncate">{name}</span>
            <span aria-hidden="true">"▾"</span>
        </button>
        <div
            id="account-menu"
            popover="auto"
            class="fixed inset-auto top-12 right-2 m-0 w-72 rounded-box border border-base-300 bg-base-100 p-4 text-base-content shadow-lg"
        >
            <p class="font-semibold">{me.account.display_name}</p>
            <p class="text-sm wrap-anywhere">{me.account.email}</p>
            <ThemeSwitch />
            <div class="mt-4 flex flex-col gap-2">
                <button
                    type="button"
                    class="btn btn-sm"
                    popovertarget="account-menu"
                    popovertargetaction="hide"
                    on:click=move |_| keys.listed.set(true)
                >
                    "Keyboard" <kbd class="kbd kbd-xs">"?"</kbd>
                </button>
                <button type="button" class="btn btn-sm" on:click=sign_out>
                    "Sign out"
                </button>
            </div>
        </div>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let chosen = RwSignal::new(Theme::chosen());
    let choice = move |theme: Theme| {
        view! {
            <input
                type="radio"
                name="theme"
                class="btn btn-sm join-item flex-1"
                aria-label=theme.name()
                prop:checked=move || chosen.get() == theme
                on:change=move |_| {
                    chosen.set(theme);
                    theme.choose();
                }
            />
        }
    };
    view! {
        <fieldset class="mt-4">
            <legend class="mb-1 text-sm font-medium">"Theme"</legend>
            <div class="join flex">{Theme::ALL.map(choice).collect_view()}</div>
        </fieldset>
    }
}
