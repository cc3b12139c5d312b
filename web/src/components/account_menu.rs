//! The account menu: profile, theme, keyboard shortcuts and signing out.

use leptos::{html, prelude::*};

use super::{
    avatar::avatar,
    icon::{Icon, icon},
    notices::use_notices,
    theme_switch::theme_switch,
};
use crate::{
    keys::{focus_first, use_keys},
    language::t,
    session::use_session,
    tasks::spawn_detached,
};

/// The menu at the top right.
#[component]
pub(crate) fn AccountMenu() -> impl IntoView {
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
    let name = session
        .read(|me| me.account.as_ref().map(|account| account.display_name.clone()).unwrap_or_default());
    let email =
        session.read(|me| me.account.as_ref().map(|account| account.email.clone()).unwrap_or_default());
    let menu = NodeRef::<html::Div>::new();
    // A click on a link does not close the popover by itself.
    let close_menu = move |_| {
        if let Some(menu) = menu.get() {
            let _ = menu.hide_popover();
        }
    };
    view! {
        <button type="button" class="btn btn-ghost btn-sm gap-2 px-1.5 font-medium" popovertarget="account-menu">
            {move || name.with(|name| avatar(name))}
            <span class="sr-only">{t!("Account:")} " "</span>
            <span class="max-w-32 truncate" dir="auto">{name}</span>
            {icon(Icon::MENU, "size-3.5 text-quiet")}
        </button>
        <div
            node_ref=menu
            id="account-menu"
            popover="auto"
            class="fixed inset-auto top-12 right-2 m-0 w-72 rounded-box border border-edge bg-raised p-4 text-base-content shadow-raised"
        >
            <p class="font-semibold" dir="auto">{name}</p>
            <p class="text-sm wrap-anywhere">{email}</p>
            <div class="mt-4">{theme_switch("theme")}</div>
            <div class="mt-4 flex flex-col gap-2">
                <a href="/profile" class="btn btn-sm" on:click=close_menu>
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
        </div>
    }
}
