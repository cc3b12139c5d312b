//! The switch between the light, dark and system theme. All switches show the same choice.

use leptos::prelude::*;

use crate::{
    language::{t, text},
    theme::{THEMES, show, use_theme},
};

/// The switch. `group` is the name of its radio buttons, different for each switch.
pub(crate) fn theme_switch(group: &'static str) -> AnyView {
    let shown = use_theme();
    let choice = move |(theme, name)| {
        view! {
            <input
                type="radio"
                name=group
                class="btn btn-sm join-item flex-1"
                aria-label=text(name)
                prop:checked=move || shown.get() == theme
                on:change=move |_| show(shown, theme)
            />
        }
    };
    view! {
        <fieldset>
            <legend class="mb-1 text-sm font-medium">{t!("Theme")}</legend>
            <div class="join flex">{THEMES.map(choice).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
