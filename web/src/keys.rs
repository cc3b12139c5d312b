//! The keyboard: single keys that work anywhere outside of boxes one types in, and the list of them all.
//!
//! It moves and signals; what a key means to a page (news, closing) is the page's own. It must never act while
//! someone types, nor when the agent has turned single keys off.

use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    account::{Me, Permission},
    conversation::NextAction,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{
    api::Client,
    components::notices::{Notices, use_notices},
    session::{use_client, use_session},
    storage,
    tasks::start_detached,
};

const KEY: &str = "smsc-keys";
const SEARCH: &str = "/search";

/// The keys that are pressed together or one after the other, and what they do.
type Key = (&'static [&'static str], &'static str);

/// Every key and what it does.
const KEYS: &[Key] = &[
    (&["/"], "Search"),
    (&["G", "Q"], "Conversations in progress"),
    (&["J"], "Next row"),
    (&["K"], "Previous row"),
    (&["Enter"], "Open the row"),
    (&["N"], "Next conversation that waits for a reply"),
    (&["R"], "Show new conversations"),
    (&["E"], "Close the conversation"),
    (&["Ctrl", "Enter"], "Send the message"),
    (&["Esc"], "Leave the message box"),
    (&["?"], "Show the keys"),
];

/// The keys that this person has a use for.
pub(crate) fn keys_of(me: Option<&Me>) -> impl Iterator<Item = &'static Key> + use<> {
    let hidden = if may_search(me) { None } else { Some("/") };
    KEYS.iter().filter(move |(keys, _)| keys.first().copied() != hidden)
}

fn may_search(me: Option<&Me>) -> bool {
    me.is_some_and(|me| me.may(Permission::Search))
}

/// What the keys tell the pages.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    /// Whether single keys act at all (WCAG 2.1.4 asks for a way to turn them off).
    pub(crate) on: RwSignal<bool>,
    /// Whether the list of keys is open.
    pub(crate) listed: RwSignal<bool>,
    /// Counts how often the news was asked for.
    pub(crate) show_news: RwSignal<u32>,
}

impl Keys {
    /// Listens for keys until the current owner goes away.
    pub(crate) fn provide() -> Self {
        let keys = Self {
            on: RwSignal::new(storage::recall(KEY).as_deref() != Some("off")),
            listed: RwSignal::new(false),
            show_news: RwSignal::new(0),
        };
        provide_context(keys);
        let session = use_session();
        let client = use_client();
        let notices = use_notices();
        let navigate = use_navigate();
        let go = move |path: &str| navigate(path, NavigateOptions::default());
        let after_g = StoredValue::new(false);
        let pressed = window_event_listener(leptos::ev::keydown, move |event| {
            if event.default_prevented() || !keys.on.get_untracked() || !is_free(&event) {
                return;
            }
            let key = event.key();
            let was_g = after_g.get_value();
            after_g.set_value(matches!(key.as_str(), "g" | "G"));
            match key.as_str() {
                "/" if !may_search(session.me().as_ref()) => return,
                "/" if here() == SEARCH => focus_first("[type=search]"),
                "/" => go(SEARCH),
                "q" | "Q" if was_g => go("/"),
                "j" | "J" => move_to_row(1),
                "k" | "K" => move_to_row(-1),
                "n" | "N" => next_conversation(client, notices, go.clone()),
                "r" | "R" => keys.show_news.update(|times| *times += 1),
                "e" | "E" => focus_first("[data-close-section]"),
                "?" => keys.listed.set(true),
                _ => return,
            }
            event.prevent_default();
        });
        on_cleanup(move || pressed.remove());
        keys
    }

    /// Turns single keys on or off, and remembers it.
    pub(crate) fn turn(self, on: bool) {
        self.on.set(on);
        storage::keep(KEY, (!on).then_some("off"));
    }
}

/// The keys, inside the signed-in app.
pub(crate) fn use_keys() -> Keys {
    use_context().unwrap_or_else(Keys::provide)
}

/// Whether a key is not meant for a box, a list or the browser.
fn is_free(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let typing = target.is_some_and(|element| {
        element
            .closest("input, textarea, select, dialog, [popover], [contenteditable]")
            .ok()
            .flatten()
            .is_some()
    });
    !(typing || event.ctrl_key() || event.alt_key() || event.meta_key() || is_composing(event))
}

/// The key of a text that an input method is still composing: `Enter` then chooses a candidate, and sends nothing.
fn is_composing(event: &KeyboardEvent) -> bool {
    const PROCESS: u32 = 229;
    event.is_composing() || event.key_code() == PROCESS
}

/// Whether the keys mean that the text is to be sent: `Ctrl+Enter`, pressed once.
pub(crate) fn is_send(event: &KeyboardEvent) -> bool {
    let is_pressed = event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !is_composing(event);
    if is_pressed {
        event.prevent_default();
    }
    is_pressed && !event.repeat()
}

/// Whether the key leaves a box.
pub(crate) fn is_escape(event: &KeyboardEvent) -> bool {
    event.key() == "Escape" && !is_composing(event)
}

/// Focuses the first element that matches, if nothing has the focus: what had it is gone.
pub(crate) fn focus_if_lost(selector: &'static str) {
    // In the second frame: the browser notices in the first one that an element is not there any more.
    request_animation_frame(move || {
        request_animation_frame(move || {
            if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
                focus_first(selector);
            }
        });
    });
}

/// Focuses the first element that matches.
pub(crate) fn focus_first(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

fn move_to_row(step: i32) {
    let Ok(links) = document().query_selector_all("[data-row-link]") else {
        return;
    };
    let count = i32::try_from(links.length()).unwrap_or(i32::MAX);
    let active = document().active_element().and_then(|active| {
        active.closest("tr").ok().flatten()?.query_selector("[data-row-link]").ok().flatten()
    });
    let at = (0..count).find(|&place| {
        let link = u32::try_from(place).ok().and_then(|place| links.item(place));
        active.as_ref().is_some_and(|active| link.as_ref() == Some(active.as_ref()))
    });
    let next = match at {
        Some(at) => (at + step).clamp(0, count - 1),
        None if step > 0 => 0,
        None => count - 1,
    };
    let link = u32::try_from(next).ok().and_then(|next| links.item(next));
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        let _ = link.focus();
    }
}

fn here() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Opens the first conversation that needs the agent, or the one after that which is open right now.
fn next_conversation(client: Client, notices: Notices, go: impl Fn(&str) + 'static) {
    let here = here();
    start_detached(async move {
        let queue = match client.get_queue().await {
            Ok(queue) => queue,
            Err(fault) => return notices.fault(&fault),
        };
        let waiting: Vec<String> = queue
            .sections
            .iter()
            .flat_map(|section| &section.items)
            .filter(|conversation| conversation.next_action == Some(NextAction::Agent))
            .map(|conversation| format!("/conversations/{}", conversation.id))
            .collect();
        match after(&waiting, &here) {
            Some(path) => go(path),
            None => notices.say("No other conversation waits for a reply."),
        }
    });
}

/// The entry after `here`, around the end; the first one when `here` is none of them.
fn after<'a>(waiting: &'a [String], here: &str) -> Option<&'a str> {
    let start = waiting.iter().position(|path| path == here).map_or(0, |place| place + 1);
    waiting.iter().cycle().skip(start).take(waiting.len()).map(String::as_str).find(|path| *path != here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_is_after_this_one_and_never_this_one() {
        let waiting = ["/a", "/b", "/c"].map(str::to_owned);
        assert_eq!(after(&waiting, "/"), Some("/a"));
        assert_eq!(after(&waiting, "/a"), Some("/b"));
        assert_eq!(after(&waiting, "/c"), Some("/a"));
        assert_eq!(after(&waiting[..1], "/a"), None);
        assert_eq!(after(&[], "/a"), None);
    }

    #[test]
    fn a_key_that_one_may_not_use_is_not_listed() {
        let mut me: Me = serde_json::from_value(serde_json::json!({
            "account": null, "api_key": null, "permissions": ["reply"], "teams": [],
        }))
        .unwrap();
        assert_eq!(keys_of(Some(&me)).count(), KEYS.len() - 1);
        assert!(keys_of(Some(&me)).all(|(keys, _)| *keys != ["/"]));
        me.permissions.insert(Permission::Search);
        assert_eq!(keys_of(Some(&me)).count(), KEYS.len());
    }
}
