//! The address of the current page. Links of the app change it without loading the page again; `app` shows the page at
//! the address.
//!
//! In place of a router library: the app chooses its pages by a `match`, so a library's route tables, nested routes and
//! navigation state would only add to the first download.

use leptos::{ev::MouseEvent, prelude::*};
use shared::ids::ConversationId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, UrlSearchParams};

/// The path and query of the current page.
#[derive(Clone, Debug, PartialEq)]
struct Address {
    path: String,
    /// With its question mark; empty if there is none.
    query: String,
}

impl Address {
    fn current() -> Self {
        let location = window().location();
        Self { path: location.pathname().unwrap_or_default(), query: location.search().unwrap_or_default() }
    }
}

/// The router.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    address: RwSignal<Address>,
    /// The path of the address.
    pub(crate) path: Memo<String>,
}

impl Router {
    /// Listens for clicks on links and for Back and Forward, and provides the router as context.
    pub(crate) fn provide() -> Self {
        let address = RwSignal::new(Address::current());
        let router = Self { address, path: Memo::new(move |_| address.with(|address| address.path.clone())) };
        provide_context(router);
        let clicked = window_event_listener(leptos::ev::click, move |event| router.follow(&event));
        let returned = window_event_listener(leptos::ev::popstate, move |_| router.update());
        on_cleanup(move || {
            clicked.remove();
            returned.remove();
        });
        router
    }

    /// Opens a page of the app, at its top.
    pub(crate) fn open(self, address: &str) {
        let location = window().location();
        let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        // As browsers do, a link to the current page adds nothing to the history.
        if here != address
            && let Ok(history) = window().history()
        {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
        }
        self.update();
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Replaces the address in the browser's history.
    pub(crate) fn replace(self, address: &str) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
        }
        self.update();
    }

    /// Returns a parameter of the query, tracked.
    pub(crate) fn parameter(self, name: &str) -> Option<String> {
        self.address.with(|address| UrlSearchParams::new_with_str(&address.query).ok()?.get(name))
    }

    fn update(self) {
        let current = Address::current();
        if self.address.with_untracked(|address| *address != current) {
            self.address.set(current);
        }
    }

    /// Opens the link that was clicked, if it leads to a page of the app and no modifier key asks for another tab.
    fn follow(self, event: &MouseEvent) {
        let opens_elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || opens_elsewhere {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
        let is_external = !link.target().is_empty()
            || link.has_attribute("download")
            || !link.hash().is_empty()
            || !link.protocol().starts_with("http")
            || link.origin() != window().location().origin().unwrap_or_default();
        if is_external {
            return;
        }
        event.prevent_default();
        self.open(&(link.pathname() + &link.search()));
    }
}

/// Returns the router, inside the app.
pub(crate) fn use_router() -> Router {
    use_context().unwrap_or_else(Router::provide)
}

/// Returns the conversation whose page has this path.
pub(crate) fn conversation_of(path: &str) -> Option<ConversationId> {
    path.strip_prefix("/conversations/")?.parse().ok()
}
