//! Stores small texts in the browser's `localStorage`, or for one tab in its `sessionStorage`.
//!
//! Tokens and passwords do not belong here. A browser can refuse to store anything, so the app works without it.

use leptos::prelude::window;
use web_sys::Storage;

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Returns the text that is stored for this browser tab.
pub(crate) fn load_for_tab(key: &str) -> Option<String> {
    window().session_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Stores a text for this browser tab.
pub(crate) fn save_for_tab(key: &str, text: &str) {
    if let Some(storage) = window().session_storage().ok().flatten() {
        let _ = storage.set_item(key, text);
    }
}

/// Returns the stored text.
pub(crate) fn load(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores a text, or removes it.
pub(crate) fn save(key: &str, text: Option<&str>) {
    if let Some(storage) = storage() {
        let _ = match text {
            Some(text) => storage.set_item(key, text),
            None => storage.remove_item(key),
        };
    }
}
