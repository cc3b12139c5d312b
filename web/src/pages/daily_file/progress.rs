//! The progress bar of an upload, with a Cancel button.

use leptos::prelude::*;

use super::{counts::size, import::Import};
use crate::{components::when::when, language::t};

/// The progress bar.
pub(super) fn progress(import: Import) -> AnyView {
    let is_sent = Memo::new(move |_| import.sent.get() == 100);
    let total = size(import.size());
    // Without a value the bar is indeterminate.
    let value = move || (!is_sent.get()).then(|| import.sent.get().to_string());
    let percentage = when(
        move || !is_sent.get(),
        move || {
            let total = total.clone();
            let text = move || t!("{percent} % of {total}", percent = import.sent.get(), total);
            view! { <p class="text-sm tabular-nums">{text}</p> }.into_any()
        },
    );
    view! {
        <div class="flex flex-col gap-2">
            <progress
                class="progress progress-primary w-full max-w-xl"
                aria-label=move || if is_sent.get() { t!("Reading the file") } else { t!("Sending the file") }
                max="100"
                value=value
            ></progress>
            {percentage}
            <div>
                <button type="button" class="btn btn-sm" on:click=move |_| import.cancel()>
                    {t!("Cancel")}
                </button>
            </div>
        </div>
    }
    .into_any()
}
