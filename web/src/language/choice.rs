//! The choice of the language. It is a preference of the account, which [`crate::preferences`] stores; the browser stores
//! it too, for the start of the app and for the sign-in page.

use leptos::prelude::window;
use shared::preferences::Language;

use crate::storage;

/// Read by `head.js`.
const KEY: &str = "smsc-language";

/// Returns the value in storage; `None` for the browser's language.
fn value(language: Language) -> Option<&'static str> {
    match language {
        Language::Browser => None,
        Language::English => Some("en"),
        Language::German => Some("de"),
    }
}

/// Returns the language that is stored in this browser.
pub(crate) fn chosen() -> Language {
    let stored = storage::load(KEY);
    let all = [Language::English, Language::German];
    all.into_iter().find(|language| value(*language) == stored.as_deref()).unwrap_or_default()
}

/// Stores a language for the next visit. Returns whether it differs from the one before: not if the browser refuses to
/// store anything, so that a reload that depends on it does not repeat itself.
pub(crate) fn store(language: Language) -> bool {
    let before = chosen();
    storage::save(KEY, value(language));
    chosen() != before
}

/// Stores a language, and starts the app again in it.
pub(crate) fn choose(language: Language) {
    store(language);
    if chosen() == language {
        let _ = window().location().reload();
    }
}
