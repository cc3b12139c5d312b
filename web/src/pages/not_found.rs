//! The page for unknown addresses.

use leptos::prelude::*;

use crate::{components::heading::Heading, language::t};

/// The page for every path that the app does not have.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    not_found(
        t!("Page not found"),
        t!("There is no page at this address. Check the address, or go to the conversations in progress."),
    )
}

/// A page that says what was not found, with a link to the queue.
pub(crate) fn not_found(title: &'static str, text: &'static str) -> AnyView {
    view! {
        <div class="mx-auto flex max-w-md flex-col items-center gap-4 py-16 text-center">
            <Heading text=title />
            <p>{text}</p>
            <a href="/" class="btn btn-primary">
                {t!("Go to the conversations in progress")}
            </a>
        </div>
    }
    .into_any()
}
