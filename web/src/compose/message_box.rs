//! The message box.

use leptos::prelude::*;

use super::{Composer, draft::Details};

/// The message box. Its error has the id `error-body`.
pub(crate) fn message_box<D: Details>(
    composer: Composer<D>,
    id: &'static str,
    class: &'static str,
) -> AnyView {
    let error = composer.form.field_error("body");
    view! {
        <textarea
            node_ref=composer.message_box
            id=id
            class=format!("textarea max-h-60 w-full text-base field-sizing-content {class}")
            dir="auto"
            name="body"
            aria-label="Message"
            aria-describedby="message-missing error-body message-count"
            aria-invalid=move || error.with(Option::is_some).to_string()
            placeholder="Write a message – Ctrl+Enter sends"
            prop:value=move || composer.draft.with(|draft| draft.text.shown())
            prop:readOnly=move || composer.form.busy.get()
            on:input:target=move |event| composer.edit(event.target().value())
        ></textarea>
    }
    .into_any()
}
