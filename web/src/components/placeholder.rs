//! Placeholders for a list that is loading, empty or failed to load.

use leptos::prelude::*;

use crate::{api::RequestError, language::t};

/// Grey bars for rows that are loading.
pub(crate) fn skeleton(rows: usize) -> AnyView {
    view! {
        <div role="status" class="flex flex-col gap-3 py-3">
            <span class="sr-only">{t!("Loading")}</span>
            {(0..rows).map(|_| view! { <div class="skeleton h-8 w-full"></div> }).collect_view()}
        </div>
    }
    .into_any()
}

/// A sentence for an empty list.
pub(crate) fn empty(text: &'static str) -> AnyView {
    view! { <p class="py-8 text-center text-base-content/80">{text}</p> }.into_any()
}

/// An error message with a Retry button.
pub(crate) fn failed(error: &RequestError, retry: Callback<()>) -> AnyView {
    view! {
        <div role="alert" class="alert alert-error my-4">
            <span>{error.message()}</span>
            <button type="button" class="btn btn-sm" on:click=move |_| retry.run(())>
                {t!("Retry")}
            </button>
        </div>
    }
    .into_any()
}
