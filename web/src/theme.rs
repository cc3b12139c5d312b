//! The theme: light, dark or the system's. Sets `data-theme` on `<html>`. It is a preference of the account, which
//! [`crate::preferences`] stores; the browser stores it for the first paint and for the sign-in page.

use leptos::prelude::*;
use shared::preferences::Theme;

use crate::{language::marked, storage};

const KEY: &str = "smsc-theme";

/// Every theme, with its name.
pub(crate) const THEMES: [(Theme, &str); 3] =
    [(Theme::System, marked!("System")), (Theme::Light, marked!("Light")), (Theme::Dark, marked!("Dark"))];

/// Returns the value in storage and in `data-theme`; `None` for the system's theme.
fn value(theme: Theme) -> Option<&'static str> {
    match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    }
}

/// Applies the stored theme and provides it as context. Call it in the root component: a context outlives the
/// component that provides it, but a signal does not.
pub(crate) fn provide() -> RwSignal<Theme> {
    let shown = RwSignal::new(Theme::System);
    show(shown, stored());
    provide_context(shown);
    shown
}

/// Returns the theme that this browser stores.
pub(crate) fn stored() -> Theme {
    let stored = storage::load(KEY);
    let theme = THEMES.into_iter().map(|(theme, _)| theme).find(|theme| value(*theme) == stored.as_deref());
    theme.unwrap_or_default()
}

/// Shows the theme, and stores it for the next visit.
pub(crate) fn show(shown: RwSignal<Theme>, theme: Theme) {
    shown.set(theme);
    storage::save(KEY, value(theme));
    if let Some(html) = document().document_element() {
        let _ = match value(theme) {
            Some(value) => html.set_attribute("data-theme", value),
            None => html.remove_attribute("data-theme"),
        };
    }
}

/// Returns the theme on screen as a signal, inside the app.
pub(crate) fn use_theme() -> RwSignal<Theme> {
    use_context().unwrap_or_else(provide)
}
