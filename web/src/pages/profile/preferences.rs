//! Preferences for keys and for sending.

use std::sync::Arc;

use leptos::prelude::*;
use shared::preferences::{Preferences, UNDO_SECONDS};

use crate::{
    language::{plural, t},
    pages::keyboard_help::shortcuts_checkbox,
    preferences::PreferenceEditor,
};

/// A checkbox for one preference.
pub(super) fn preference(
    editor: PreferenceEditor,
    label: &'static str,
    is_on: impl Fn(&Preferences) -> bool + Send + Sync + 'static,
    set: impl Fn(&mut Preferences, bool) + Send + Sync + 'static,
) -> AnyView {
    let checked = Memo::new(move |_| editor.session.preferences(&is_on));
    let set = Arc::new(set);
    view! {
        <label class="label text-sm text-base-content">
            <input
                type="checkbox"
                class="checkbox checkbox-sm"
                prop:checked=checked
                on:change:target=move |event| {
                    let (set, is_on) = (Arc::clone(&set), event.target().checked());
                    editor.change(move |preferences| set(preferences, is_on));
                }
            />
            {label}
        </label>
    }
    .into_any()
}

/// Single-key shortcuts, and how long a sent message can be undone.
pub(super) fn keys_and_sending() -> AnyView {
    let editor = PreferenceEditor::new();
    let chosen = Memo::new(move |_| editor.session.preferences(|preferences| preferences.undo_seconds));
    let choice = move |seconds: u8| {
        let label = match seconds {
            0 => t!("Off").to_owned(),
            seconds => plural!(seconds, "{count} second", "{count} seconds"),
        };
        view! {
            <input
                type="radio"
                name="undo-seconds"
                class="btn btn-sm join-item flex-1 px-2"
                aria-label=label
                prop:checked=move || chosen.get() == seconds
                on:change=move |_| editor.change(move |preferences| preferences.undo_seconds = seconds)
            />
        }
    };
    view! {
        {shortcuts_checkbox()}
        <fieldset class="mt-3 max-w-xs">
            <legend class="mb-1 text-sm font-medium">{t!("Undo after sending")}</legend>
            <div class="join flex">{UNDO_SECONDS.map(choice).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
