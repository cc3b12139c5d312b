//! The text of an ad-hoc message: template drop-down, message box, character counter, and an input for each placeholder
//! that the customer's data does not fill.

use leptos::prelude::*;

use super::{state::AdHocState, templates::templates};
use crate::components::{counter::counter, form::hint_and_error};

/// The fields of the text.
pub(super) fn message(state: AdHocState) -> AnyView {
    let error = state.form.field_error("body");
    let text = Memo::new(move |_| state.draft.with(|draft| draft.text.shown()));
    let unfilled = Memo::new(move |_| state.draft.with(|draft| draft.text.placeholders()));
    let placeholder_input = move |name: String| {
        let (shown, filled) = (name.clone(), name.clone());
        view! {
            <label class="flex flex-col gap-1">
                <span class="text-sm font-medium wrap-anywhere">"Fill in: " {name}</span>
                <input
                    class="input w-full"
                    autocomplete="off"
                    prop:value=move || state.draft.with(|draft| draft.text.value(&shown).to_owned())
                    prop:readOnly=move || state.form.busy.get()
                    on:input:target=move |event| {
                        state.change(|draft| draft.text.set_value(&filled, event.target().value()));
                    }
                />
            </label>
        }
        .into_any()
    };
    view! {
        {templates(state)}
        <div class="flex flex-col gap-1">
            <label for="ad-hoc-message" class="text-sm font-medium">"Message"</label>
            <textarea
                id="ad-hoc-message"
                class="textarea max-h-60 min-h-24 w-full text-base field-sizing-content"
                rows="4"
                dir="auto"
                name="body"
                aria-describedby="message-count error-body"
                aria-invalid=move || error.with(Option::is_some).to_string()
                placeholder="Write a message – Ctrl+Enter sends"
                prop:value=text
                prop:readOnly=move || state.form.busy.get()
                on:input:target=move |event| state.edit_text(event.target().value())
            ></textarea>
            {counter(text)}
            {hint_and_error("error-body".to_owned(), "", error)}
        </div>
        {move || unfilled.get().into_iter().map(placeholder_input).collect_view()}
    }
    .into_any()
}
