//! The message box.

use leptos::prelude::*;

use super::{Composer, draft::Details};

/// The message box. `text` is the draft's text, `error` that of the field `body`, and `described_by` the ids of what the
/// page shows about the text.
pub(crate) fn message_box<D: Details>(
    composer: Composer<D>,
    text: Memo<String>,
    error: Signal<Option<String>>,
    id: &'static str,
    class: &'static str,
    described_by: &'static str,
) -> AnyView {
    view! {
        <textarea
            node_ref=composer.message_box
            id=id
            class=format!("textarea max-h-60 w-full text-base field-sizing-content {class}")
            dir="auto"
            name="body"
            aria-label="Message"
            aria-describedby=described_by
            aria-invalid=move || error.with(Option::is_some).to_string()
            placeholder="Write a message – Ctrl+Enter sends"
            prop:value=text
            prop:readOnly=move || composer.form.busy.get()
            on:input:target=move |event| composer.edit(event.target().value())
        ></textarea>
    }
    .into_any()
}
