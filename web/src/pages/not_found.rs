//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::heading::Heading;

/// The page for every address that is none of the app's.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    nowhere("Page not found", "There is no page at this address. Check it, or start from the queue.")
}

/// Says that there is nothing here, and where to go instead.
pub(crate) fn nowhere(title: &'static str, text: &'static str) -> AnyView {
    view! {
        <div class="mx-auto flex max-w-md flex-col items-center gap-4 py-16 text-center">
            <Heading text=title />
            <p>{text}</p>
            <a href="/" class="btn btn-primary">
                "Go to the conversations in progress"
            </a>
        </div>
    }
    .into_any()
}
