//! Keyboard shortcuts: single keys that work everywhere except in input fields, and the list of all keys.
//!
//! This module moves the focus, navigates and signals; pages implement the rest (showing new conversations, closing).
//! Shortcuts do nothing while the agent types or has turned them off.

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::account::{Me, Permission};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{
    api::Client,
    components::notices::{Notices, use_notices},
    language::{marked, t},
    router::{Router, conversation_of, use_router},
    session::{use_client, use_session},
    storage,
    tasks::spawn_detached,
};

const KEY: &str = "smsc-keys";
const SEARCH: &str = "/search";
/// The links of the list beside a conversation.
pub(crate) const LIST_LINK: &str = "[data-list-link]";

/// Keys that are pressed together or in sequence, and their action.
pub(crate) type Key = (&'static [&'static str], &'static str);

/// Every shortcut and its action.
const KEYS: &[Key] = &[
    (&[marked!("Ctrl"), "K"], marked!("Search or jump to…")),
    (&["/"], marked!("Search")),
    (&["G", "Q"], marked!("Go to conversations in progress")),
    (&["J"], marked!("Next row")),
    (&["K"], marked!("Previous row")),
    (&[marked!("Enter")], marked!("Open the row")),
    (&["N"], marked!("Take the next waiting conversation")),
    (&["A"], marked!("Take or give the conversation")),
    (&["S"], marked!("Snooze the conversation")),
    (&["T"], marked!("Change the tags of the conversation")),
    (&["R"], marked!("Show new conversations")),
    (&["E"], marked!("Close the conversation")),
    (&["C"], marked!("Write a reply")),
    (&["M"], marked!("Write a note")),
    (&[marked!("Ctrl"), marked!("Enter")], marked!("Send the message")),
    (&[marked!("Ctrl"), "/"], marked!("Find a template")),
    (&[marked!("Esc")], marked!("Leave the message box")),
    (&["?"], marked!("Show keyboard shortcuts")),
];

/// A key that acts on an element of the conversation page: the key, the element, and whether it is clicked, not focused.
const ON_PAGE: [(&str, &str, bool); 6] = [
    ("A", "[data-assignment] button", false),
    ("S", "[data-snooze]", true),
    ("T", "[data-tags]", true),
    ("E", "[data-close-section]", false),
    ("C", "[data-write-reply]", true),
    ("M", "[data-write-note]", true),
];

/// Returns the shortcuts that the account has permission to use.
pub(crate) fn keys_of(me: Option<&Me>) -> impl Iterator<Item = &'static Key> + use<> {
    let (search, reply) = (may(me, Permission::Search), may(me, Permission::Reply));
    KEYS.iter().filter(move |(keys, _)| match *keys {
        ["/"] => search,
        ["A" | "C" | "M" | "N" | "S" | "T"] => reply,
        _ => true,
    })
}

fn may(me: Option<&Me>, permission: Permission) -> bool {
    me.is_some_and(|me| me.may(permission))
}

/// The state of the keyboard shortcuts.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    /// Whether single-key shortcuts are on. WCAG 2.1.4 requires a way to turn them off.
    pub(crate) enabled: RwSignal<bool>,
    /// Whether the list of shortcuts is open.
    pub(crate) help_open: RwSignal<bool>,
    /// Whether the command palette is open.
    pub(crate) palette_open: RwSignal<bool>,
    /// Number of times that the agent pressed the key for new conversations.
    pub(crate) show_updates: RwSignal<u32>,
}

impl Keys {
    /// Listens for keys until the current owner is disposed.
    pub(crate) fn provide() -> Self {
        let keys = Self {
            enabled: RwSignal::new(are_enabled()),
            help_open: RwSignal::new(false),
            palette_open: RwSignal::new(false),
            show_updates: RwSignal::new(0),
        };
        provide_context(keys);
        let session = use_session();
        let client = use_client();
        let notices = use_notices();
        let router = use_router();
        let after_g = StoredValue::new(false);
        let pressed = window_event_listener(leptos::ev::keydown, move |event| {
            // Works everywhere, also when single-key shortcuts are off: it has a modifier key.
            if is_palette(&event) {
                event.prevent_default();
                keys.toggle_palette();
                return;
            }
            if event.default_prevented() || !keys.enabled.get_untracked() || !is_shortcut(&event) {
                return;
            }
            let key = event.key();
            let was_g = after_g.get_value();
            after_g.set_value(matches!(key.as_str(), "g" | "G"));
            match key.as_str() {
                "/" if !may(session.me().as_ref(), Permission::Search) => return,
                "/" if here() == SEARCH => focus_first("[type=search]"),
                "/" => router.open(SEARCH),
                "q" | "Q" if was_g => router.open("/"),
                "j" | "J" => move_to_row(router, 1),
                "k" | "K" => move_to_row(router, -1),
                "n" | "N" if !may(session.me().as_ref(), Permission::Reply) => return,
                "n" | "N" if event.repeat() => {}
                "n" | "N" => take_next(client, notices, router),
                "r" | "R" => keys.show_updates.update(|times| *times += 1),
                "?" => keys.help_open.set(true),
                "i" | "I" => act_on_page("C"),
                key if on_page(key).is_none() => return,
                key => act_on_page(key),
            }
            event.prevent_default();
        });
        on_cleanup(move || pressed.remove());
        keys
    }

    /// Opens the command palette, or closes it. It does not open over another dialog.
    pub(crate) fn toggle_palette(self) {
        match (self.palette_open.get_untracked(), is_dialog_open()) {
            // It has just been closed, and reports that later: a new one opens.
            (true, false) => {
                self.palette_open.set(false);
                request_animation_frame(move || self.palette_open.set(true));
            }
            (false, true) => {}
            (is_open, _) => self.palette_open.set(!is_open),
        }
    }

    /// Turns single-key shortcuts on or off, and stores the choice for the next visit.
    pub(crate) fn set_enabled(self, enabled: bool) {
        self.enabled.set(enabled);
        storage::save(KEY, (!enabled).then_some("off"));
    }
}

/// Returns whether this browser stores that single-key shortcuts are on.
pub(crate) fn are_enabled() -> bool {
    storage::load(KEY).as_deref() != Some("off")
}

/// Returns the keyboard shortcuts of the signed-in app.
pub(crate) fn use_keys() -> Keys {
    use_context().unwrap_or_else(Keys::provide)
}

fn is_dialog_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Returns whether a key press is a shortcut, and not meant for an input field, a dialog or the browser.
fn is_shortcut(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_in_field = target.is_some_and(|element| {
        element
            .closest("input, textarea, select, dialog, [popover], [contenteditable]")
            .ok()
            .flatten()
            .is_some()
    });
    !(is_in_field
        || event.ctrl_key()
        || event.alt_key()
        || event.meta_key()
        || is_composing(event)
        || is_dialog_open())
}

/// Returns whether the keys open the command palette: `Ctrl+K`, or `Cmd+K`, without automatic repetition.
fn is_palette(event: &KeyboardEvent) -> bool {
    matches!(event.key().as_str(), "k" | "K")
        && (event.ctrl_key() || event.meta_key())
        && !(event.alt_key() || event.shift_key() || event.repeat() || is_composing(event))
}

/// Returns whether an input method is composing text. `Enter` then chooses a candidate and does not send.
pub(crate) fn is_composing(event: &KeyboardEvent) -> bool {
    const PROCESS: u32 = 229;
    event.is_composing() || event.key_code() == PROCESS
}

/// Returns whether the keys send the message: `Ctrl+Enter`, without automatic repetition.
pub(crate) fn is_send(event: &KeyboardEvent) -> bool {
    let is_pressed = event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !is_composing(event);
    if is_pressed {
        event.prevent_default();
    }
    is_pressed && !event.repeat()
}

/// Returns whether the key leaves an input field.
pub(crate) fn is_escape(event: &KeyboardEvent) -> bool {
    event.key() == "Escape" && !is_composing(event)
}

/// Focuses the first element that matches, if the focused element was removed and nothing has the focus.
pub(crate) fn focus_if_lost(selector: &'static str) {
    // In the second frame, because the browser moves the focus away from a removed element in the first one.
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

fn on_page(key: &str) -> Option<(&'static str, bool)> {
    let found = ON_PAGE.iter().find(|(own, ..)| own.eq_ignore_ascii_case(key));
    found.map(|&(_, selector, is_clicked)| (selector, is_clicked))
}

/// Does what a key does on the conversation page.
pub(crate) fn act_on_page(key: &str) {
    let Some((selector, is_clicked)) = on_page(key) else { return };
    let found = document().query_selector(selector).ok().flatten();
    let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return };
    if is_clicked {
        element.click();
    } else {
        let _ = element.focus();
    }
}

/// Returns the shortcuts that act on the page that is open, with their actions.
pub(crate) fn keys_on_page() -> Vec<Key> {
    let acts = |(keys, _): &&Key| {
        let selector = keys.first().filter(|_| keys.len() == 1).and_then(|key| on_page(key));
        selector.is_some_and(|(selector, _)| document().query_selector(selector).ok().flatten().is_some())
    };
    KEYS.iter().filter(acts).copied().collect()
}

/// Moves the focus to the next row; beside a conversation, opens the next conversation of the list.
fn move_to_row(router: Router, step: i32) {
    if document().query_selector(LIST_LINK).ok().flatten().is_some() {
        if let Some(path) = neighbour(step) {
            router.open(&path);
        }
        return;
    }
    let active = document().active_element().and_then(|active| {
        active.closest("tr").ok().flatten()?.query_selector("[data-row-link]").ok().flatten()
    });
    if let Some(link) = link_beside("[data-row-link]", active.as_ref(), step) {
        let _ = link.focus();
    }
}

/// Returns the path of the conversation that is `step` places from the open one in the list beside it; `None` at the
/// list's end.
pub(crate) fn neighbour(step: i32) -> Option<String> {
    let open = document().query_selector(&format!("{LIST_LINK}[aria-current]")).ok().flatten();
    let path = link_beside(LIST_LINK, open.as_ref(), step)?.get_attribute("href")?;
    (path != here()).then_some(path)
}

/// Returns the link that is `step` places from `active`, or the first or last one if `active` is not among them.
fn link_beside(selector: &str, active: Option<&Element>, step: i32) -> Option<HtmlElement> {
    let links = document().query_selector_all(selector).ok()?;
    let count = i32::try_from(links.length()).unwrap_or(i32::MAX);
    let link = |place: i32| u32::try_from(place).ok().and_then(|place| links.item(place));
    let at =
        active.and_then(|active| (0..count).find(|&place| link(place).as_ref() == Some(active.as_ref())));
    let next = match at {
        Some(at) => (at + step).clamp(0, count - 1),
        None if step > 0 => 0,
        None => count - 1,
    };
    link(next)?.dyn_into().ok()
}

fn here() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Takes the next waiting conversation after the one that is open, and opens it.
pub(crate) fn take_next(client: Client, notices: Notices, router: Router) {
    let open = conversation_of(&here());
    spawn_detached(async move {
        match client.take_next(open).await {
            Ok(Some(id)) => router.open(&format!("/conversations/{id}")),
            Ok(None) => notices.info(t!("No other conversation is waiting for a reply.")),
            Err(error) => notices.error(&error),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_without_the_permission_is_not_listed() {
        let mut me: Me = serde_json::from_value(serde_json::json!({
            "account": null, "api_key": null, "permissions": [], "teams": [],
        }))
        .unwrap();
        assert_eq!(keys_of(Some(&me)).count(), KEYS.len() - 7);
        me.permissions.insert(Permission::Reply);
        assert_eq!(keys_of(Some(&me)).count(), KEYS.len() - 1);
        assert!(keys_of(Some(&me)).all(|(keys, _)| *keys != ["/"]));
        me.permissions.insert(Permission::Search);
        assert_eq!(keys_of(Some(&me)).count(), KEYS.len());
    }
}
