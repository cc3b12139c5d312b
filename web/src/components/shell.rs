//! The frame around every page of the signed-in app: skip link, menu, live indicator and account menu.

use leptos::{html, prelude::*};
use shared::{account::Permission, event::EventKind};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    account_menu::{account_button, close_popover},
    icon::{Icon, icon},
    keyboard_help::keyboard_help,
    notices::use_notices,
    rows::open_clicked_rows,
    when::when,
};
use crate::{
    keys::{Keys, focus_first},
    language::{self, marked, t},
    live::{Live, LiveState, LiveUpdate, coalesce},
    pages::lazy::{Lazy, LazyPage},
    resize::on_resize,
    router::use_router,
    scroll_restoration::use_scroll_restoration,
    session::{Session, use_session},
};

/// An entry of the menu: path, label and required permissions.
pub(crate) type Entry = (&'static str, &'static str, &'static [Permission]);

/// The entries for the daily work.
pub(crate) const PAGES: &[Entry] = &[
    ("/", marked!("Conversations in progress"), &[]),
    ("/closed", marked!("Closed"), &[]),
    ("/daily-file", marked!("Daily file"), &[Permission::Import]),
    ("/campaigns", marked!("Campaigns"), &[Permission::AdHoc, Permission::ManageTeam]),
    ("/export", marked!("Export"), &[Permission::ViewReports]),
    ("/consents", marked!("Opt-outs"), &[]),
];

/// The entries under "Settings".
pub(crate) const SETTINGS: &[Entry] = &[
    ("/templates", marked!("Templates"), &[Permission::ManageTeam]),
    ("/closure-reasons", marked!("Closure reasons"), &[Permission::ManageTeam]),
    ("/tags", marked!("Tags"), &[Permission::ManageTeam]),
    ("/webhooks", marked!("Webhooks"), &[Permission::ManageTeam]),
    ("/teams", marked!("Teams"), &[Permission::ManageAccounts]),
    ("/accounts", marked!("Accounts"), &[Permission::ManageAccounts]),
    ("/api-keys", marked!("API keys"), &[Permission::ManageAccounts]),
    ("/rejected-messages", marked!("Rejected messages"), &[Permission::ManageAccounts]),
    ("/audit", marked!("Audit log"), &[Permission::ViewAudit]),
];

/// The frame around a page. It is rebuilt when the account or its permissions change, but not for a team or a name.
#[component]
pub(crate) fn Shell(
    /// The page.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let live = Live::provide();
    let keys = Keys::provide();
    let notices = use_notices();
    on_cleanup(move || notices.drop_links());
    if let Some(restoration) = use_scroll_restoration() {
        restoration.reset_for(session.account());
    }
    open_clicked_rows();
    let header = NodeRef::<html::Header>::new();
    publish_height(header);
    follow_events(live, session);
    let is_refused = session.read(|me| me.gateway_refused_since.is_some());
    let may =
        |needed: &[Permission]| needed.iter().all(|needed| session.me().is_some_and(|me| me.may(*needed)));
    let permitted = |entries: &'static [Entry]| -> Vec<&'static Entry> {
        entries.iter().filter(|(.., needed)| may(needed)).collect()
    };
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
            {t!("Skip to main content")}
        </a>
        <div role="alert">
            {when(move || is_refused.get(), || view! { <LazyPage page=Lazy::GatewayAlarm /> }.into_any())}
        </div>
        <header
            node_ref=header
            class="z-30 flex min-h-12 flex-wrap items-center gap-x-4 border-b border-edge bg-panel px-3 lg:sticky lg:top-0 lg:flex-nowrap lg:px-6"
        >
            <span class="flex items-center gap-2 text-sm font-semibold whitespace-nowrap">
                {icon(Icon::CONVERSATION, "size-5 text-accent-text")} "SMS Chat"
            </span>
            <nav
                aria-label=t!("Main")
                class="order-last -mx-2 w-full lg:order-none lg:mx-0 lg:w-auto lg:min-w-0 lg:flex-1"
            >
                <ul class="flex flex-wrap">
                    {menu_links(&permitted(PAGES))}
                    {settings_menu(permitted(SETTINGS))}
                </ul>
            </nav>
            <div class="ml-auto flex items-center gap-3">
                <LiveIndicator live />
                {palette_button(keys)}
                {account_button()}
            </div>
        </header>
        <main id="main" class="flex min-h-0 w-full flex-1 flex-col px-3 py-4 lg:px-6">
            {children()}
        </main>
        {keyboard_help()}
        <div hidden>
            <LazyPage page=Lazy::Notifications />
        </div>
    }
}

/// Reloads the session when an event may have changed it.
fn follow_events(live: Live, session: Session) {
    let reload_session = coalesce(move || async move { session.load() });
    live.listen(move |update| {
        // After a reconnection, teams, permissions or the gateway may have changed, or another tab may have signed in
        // with another account.
        match update {
            LiveUpdate::Event(event)
                if !matches!(
                    event.kind,
                    EventKind::TeamChanged | EventKind::AccountChanged | EventKind::GatewayChanged
                ) => {}
            _ => reload_session.run(()),
        }
    });
}

/// The button that opens the command palette. On a narrow screen, the queue has a link to the search page.
fn palette_button(keys: Keys) -> AnyView {
    view! {
        <button
            type="button"
            class="hidden h-8 items-center gap-2 rounded-field border border-edge bg-page px-2.5 text-xs whitespace-nowrap text-quiet hover:border-quiet lg:flex"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K"
            on:click=move |_| keys.toggle_palette()
        >
            {icon(Icon::SEARCH, "size-3.5")}
            <span class="sr-only min-[90rem]:not-sr-only">{t!("Search or jump to…")}</span>
            <kbd class="kbd kbd-xs">{t!("Ctrl")} " K"</kbd>
        </button>
    }
    .into_any()
}

/// Sets the CSS variable `--header` to the height of the header, whose menu can wrap to a second line, so that sticky
/// content is placed below it.
fn publish_height(header: NodeRef<html::Header>) {
    on_resize(header, |header| {
        let root = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
        if let Some(root) = root {
            let _ = root.style().set_property("--header", &format!("{}px", header.offset_height()));
        }
    });
}

/// The classes of an entry, also of the one that opens the settings.
const ENTRY: &str = "block border-b-2 border-transparent px-2 py-3 text-sm leading-5 whitespace-nowrap text-quiet \
     hover:text-base-content aria-[current]:border-primary aria-[current]:text-base-content max-lg:py-2";
const SETTINGS_MENU: &str = "settings-menu";

fn menu_links(entries: &[&'static Entry]) -> AnyView {
    let router = use_router();
    let link = |&&(href, text, _): &&'static Entry| {
        let current = move || router.path.with(|here| is_current(here, href)).then_some("page");
        let mark = (href == "/webhooks").then(|| (" ", disabled_webhook()));
        view! { <li><a href=href aria-current=current class=ENTRY>{language::text(text)}{mark}</a></li> }
    };
    entries.iter().map(link).collect_view().into_any()
}

/// A dot while a webhook of the account's teams is disabled because its receiver failed.
fn disabled_webhook() -> AnyView {
    let is_any = use_session().read(|me| me.disabled_webhook_endpoints > 0);
    let dot = || {
        view! {
            <span class="status status-error">
                <span class="sr-only">{t!("A webhook is disabled")}</span>
            </span>
        }
        .into_any()
    };
    when(move || is_any.get(), dot)
}

/// The button that shows the links to the settings, if the account may open any. Escape and a click elsewhere hide them.
fn settings_menu(entries: Vec<&'static Entry>) -> AnyView {
    if entries.is_empty() {
        return ().into_any();
    }
    let router = use_router();
    // A key or the browser's Back can leave the page while the menu is open.
    Effect::new(move |_| {
        router.path.track();
        close_popover(SETTINGS_MENU);
    });
    let links = menu_links(&entries);
    let mark = entries.iter().any(|(href, ..)| *href == "/webhooks").then(disabled_webhook);
    let current = move || {
        let is_within = router.path.with(|here| entries.iter().any(|(href, ..)| is_current(here, href)));
        is_within.then_some("true")
    };
    view! {
        <li>
            <button type="button" popovertarget=SETTINGS_MENU aria-current=current class=ENTRY>
                <span class="flex items-center gap-1">{t!("Settings")} {mark} {icon(Icon::MENU, "size-3.5")}</span>
            </button>
            <div
                id=SETTINGS_MENU
                popover="auto"
                class="fixed inset-x-2 inset-y-auto top-(--header) m-0 w-auto rounded-box border border-edge bg-raised px-2 text-base-content shadow-raised lg:inset-x-6"
                on:click=|_| close_popover(SETTINGS_MENU)
            >
                <ul class="flex flex-wrap">{links}</ul>
            </div>
        </li>
    }
    .into_any()
}

/// Returns whether a link leads to the current page, or to the list that the page belongs to.
fn is_current(here: &str, href: &str) -> bool {
    let below = here.strip_prefix(href);
    below == Some("") || href != "/" && below.is_some_and(|below| below.starts_with('/'))
}

#[component]
fn LiveIndicator(live: Live) -> impl IntoView {
    let dot = move || match live.state.get() {
        LiveState::Live => "status status-success",
        LiveState::Connecting | LiveState::Interrupted => "status status-warning",
    };
    let text = move || match live.state.get() {
        LiveState::Connecting => t!("connecting…"),
        LiveState::Live => t!("live"),
        LiveState::Interrupted => t!("reconnecting…"),
    };
    // The width of the longest text, so that nothing moves when the state changes.
    view! {
        <span role="status" class="flex items-center gap-1.5 text-xs whitespace-nowrap text-quiet sm:min-w-27">
            <span aria-hidden="true" class=dot></span>
            {move || text()}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_marks_the_current_page() {
        for (here, href) in [("/", "/"), ("/teams", "/teams"), ("/teams/", "/teams"), ("/teams/7", "/teams")]
        {
            assert!(is_current(here, href), "{here} is {href}");
        }
        for (here, href) in
            [("/teams", "/"), ("/conversations/7", "/"), ("/teamsters", "/teams"), ("/", "/teams")]
        {
            assert!(!is_current(here, href), "{here} is not {href}");
        }
    }
}
