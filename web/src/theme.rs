//! The theme: light, dark or the system's. Sets `data-theme` on `<html>`, and is stored between visits.

use leptos::prelude::*;

use crate::storage;

const KEY: &str = "smsc-theme";

/// The agent's choice of theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The system's theme.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Returns the value in storage and in `data-theme`; `None` for the system's theme.
    fn value(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// Applies the stored theme and provides it as context. Call it in the root component: a context outlives the
    /// component that provides it, but a signal does not.
    pub(crate) fn provide() -> RwSignal<Self> {
        let theme = Self::chosen();
        theme.apply();
        let chosen = RwSignal::new(theme);
        provide_context(chosen);
        chosen
    }

    /// Returns the stored theme.
    fn chosen() -> Self {
        let kept = storage::load(KEY);
        Self::ALL.into_iter().find(|theme| theme.value() == kept.as_deref()).unwrap_or(Theme::System)
    }

    /// Stores and applies the theme.
    pub(crate) fn choose(self) {
        storage::save(KEY, self.value());
        self.apply();
    }

    /// Applies the theme to the page.
    fn apply(self) {
        if let Some(html) = document().document_element() {
            let _ = match self.value() {
                Some(value) => html.set_attribute("data-theme", value),
                None => html.remove_attribute("data-theme"),
            };
        }
    }
}

/// Returns the chosen theme as a signal, inside the app.
pub(crate) fn use_theme() -> RwSignal<Theme> {
    use_context().unwrap_or_else(Theme::provide)
}
