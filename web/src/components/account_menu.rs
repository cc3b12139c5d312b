//! The account menu: profile, theme, keyboard shortcuts and signing out. Its content belongs to the chunk of the
//! notifications.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    avatar::avatar,
    icon::{Icon, icon},
    notices::use_notices,
    theme_switch::theme_switch,
};
use crate::{
    keys::{focus_first, use_keys},
    language::t,
    pages::lazy::{Lazy, LazyPage},
    session::use_session,
    tasks::spawn_detached,
};

/// The button at the top right, with the menu that it opens.
pub(crate) fn account_button() -> AnyView {
    let name = use_session()
        .read(|me| me.account.as_ref().map(|account| account.display_name.clone()).unwrap_or_default());
    view! {
        <button type="button" class="btn btn-ghost btn-sm gap-2 px-1.5 font-medium" popovertarget="account-menu">
            {move || name.with(|name| avatar(name))}
            <span class="sr-only">{t!("Account:")} " "</span>
            <span class="max-w-32 truncate" dir="auto">{name}</span>
            {icon(Icon::MENU, "size-3.5 text-quiet")}
        </button>
        <div
            id="account-menu"
            popover="auto"
            class="fixed inset-auto top-12 right-2 m-0 w-72 rounded-box border border-edge bg-raised p-4 text-base-content shadow-raised"
        >
            <p class="font-semibold" dir="auto">{name}</p>
            <LazyPage page=Lazy::AccountMenu />
        </div>
    }
    .into_any()
}

/// Hides a popover. A click on a link in it does not do so by itself.
pub(super) fn close_popover(id: &str) {
    let popover = document().get_element_by_id(id);
    if let Some(popover) = popover.and_then(|popover| popover.dyn_into::<HtmlElement>().ok()) {
        let _ = popover.hide_popover();
    }
}

/// The content of the menu, below the name.
pub(crate) fn account_menu() -> AnyView {
    let session = use_session();
    let notices = use_notices();
    let keys = use_keys();
    let sign_out = move |_| {
        spawn_detached(async move {
            if let Err(error) = session.sign_out().await {
                notices.error(&error);
            }
        });
    };
    let email =
        session.read(|me| me.account.as_ref().map(|account| account.email.clone()).unwrap_or_default());
    view! {
        <p class="text-sm wrap-anywhere">{email}</p>
        <div class="mt-4">{theme_switch("theme")}</div>
        <div class="mt-4 flex flex-col gap-2">
            <a href="/profile" class="btn btn-sm" on:click=|_| close_popover("account-menu")>
                {t!("Your profile")}
            </a>
            <button
                type="button"
                class="btn btn-sm"
                popovertarget="account-menu"
                popovertargetaction="hide"
                on:click=move |_| {
                    // The dialog returns the focus to the element that has it now. This menu is closed by then, so
                    // focus its button.
                    focus_first("[popovertarget=account-menu]");
                    keys.help_open.set(true);
                }
            >
                {t!("Keyboard shortcuts")} <kbd class="kbd kbd-xs">"?"</kbd>
            </button>
            <button type="button" class="btn btn-sm" on:click=sign_out>
                {t!("Sign out")}
            </button>
        </div>
    }
    .into_any()
}
