//! Light, dark, or as the system has it: the `data-theme` of `<html>`, kept between visits.

use leptos::prelude::*;

use crate::storage;

const KEY: &str = "smsc-theme";

/// Which theme the agent chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// The word in storage and in `data-theme`; none for the system's.
    fn word(self) -> Option<&'static str> {
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

    /// Shows the page in the theme that was chosen last, and makes that known to the components below. In the app itself:
    /// a context outlives what it was provided in, and a signal in it would not.
    pub(crate) fn provide() -> RwSignal<Self> {
        let theme = Self::chosen();
        theme.apply();
        let chosen = RwSignal::new(theme);
        provide_context(chosen);
        chosen
    }

    /// The theme that was chosen last.
    fn chosen() -> Self {
        let kept = storage::recall(KEY);
        Self::ALL.into_iter().find(|theme| theme.word() == kept.as_deref()).unwrap_or(Theme::System)
    }

    /// Keeps the choice.
    pub(crate) fn choose(self) {
        storage::keep(KEY, self.word());
        self.apply();
    }

    /// Shows the page in this theme.
    fn apply(self) {
        if let Some(html) = document().document_element() {
            let _ = match self.word() {
                Some(word) => html.set_attribute("data-theme", word),
                None => html.remove_attribute("data-theme"),
            };
        }
    }
}

/// What was chosen, as a signal, inside the app.
pub(crate) fn use_theme() -> RwSignal<Theme> {
    use_context().unwrap_or_else(Theme::provide)
}
