//! The choice of the language.

use leptos::prelude::*;
use shared::preferences::Language;

use crate::{language::t, preferences::PreferenceEditor};

/// The languages, each named in itself.
pub(super) fn language_choice() -> AnyView {
    let editor = PreferenceEditor::new();
    let chosen = Memo::new(move |_| editor.session.preferences(|preferences| preferences.language as u8));
    let choice = move |language: Language, tag: Option<&'static str>, name: &'static str| {
        view! {
            <input
                type="radio"
                name="language"
                class="btn btn-sm join-item flex-1"
                lang=tag
                aria-label=name
                prop:checked=move || chosen.get() == language as u8
                on:change=move |_| editor.change_language(language)
            />
        }
    };
    view! {
        <fieldset class="mt-3">
            <legend class="mb-1 text-sm font-medium">{t!("Language")}</legend>
            <div class="join flex">
                {choice(Language::Browser, None, t!("System language"))}
                {choice(Language::English, Some("en"), "English")}
                {choice(Language::German, Some("de"), "Deutsch")}
            </div>
        </fieldset>
    }
    .into_any()
}
