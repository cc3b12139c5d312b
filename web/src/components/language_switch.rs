//! The link of the sign-in page to the other language.

use leptos::prelude::*;
use shared::preferences::Language;

use crate::language::{self, choice::choose};

/// The link, in the language that it leads to.
pub(crate) fn language_switch() -> AnyView {
    let (name, tag, other) = match language::locale() {
        "de-DE" => ("English", "en", Language::English),
        _ => ("Deutsch", "de", Language::German),
    };
    view! {
        <button type="button" class="link self-center text-sm" lang=tag on:click=move |_| choose(other)>
            {name}
        </button>
    }
    .into_any()
}
