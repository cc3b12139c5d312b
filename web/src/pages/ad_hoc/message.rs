//! The text of an ad-hoc message: template, box, count, and a line for each gap that no customer's data fills.

use leptos::prelude::*;

use super::{templates::templates, writing::Writing};
use crate::components::{counter::counter, form::explained};

/// The text.
pub(super) fn message(writing: Writing) -> AnyView {
    let fault = writing.form.fault_of("body");
    let text = Memo::new(move |_| writing.draft.with(|draft| draft.text.shown()));
    let gaps = Memo::new(move |_| writing.draft.with(|draft| draft.text.gaps()));
    let gap = move |name: String| {
        let (shown, filled) = (name.clone(), name.clone());
        view! {
            <label class="flex flex-col gap-1">
                <span class="text-sm font-medium wrap-anywhere">"Fill in: " {name}</span>
                <input
                    class="input w-full"
                    autocomplete="off"
                    prop:value=move || writing.draft.with(|draft| draft.text.value(&shown).to_owned())
                    prop:readOnly=move || writing.form.busy.get()
                    on:input:target=move |event| {
                        writing.change(|draft| draft.text.fill_in(&filled, event.target().value()));
                    }
                />
            </label>
        }
        .into_any()
    };
    view! {
        {templates(writing)}
        <div class="flex flex-col gap-1">
            <label for="ad-hoc-message" class="text-sm font-medium">"Message"</label>
            <textarea
                id="ad-hoc-message"
                class="textarea max-h-60 min-h-24 w-full text-base field-sizing-content"
                rows="4"
                dir="auto"
                name="body"
                aria-describedby="message-count fault-body"
                aria-invalid=move || fault.with(Option::is_some).to_string()
                placeholder="Write a message – Ctrl+Enter sends"
                prop:value=text
                prop:readOnly=move || writing.form.busy.get()
                on:input:target=move |event| writing.typed(event.target().value())
            ></textarea>
            {counter(text)}
            {explained("fault-body".to_owned(), "", fault)}
        </div>
        {move || gaps.get().into_iter().map(gap).collect_view()}
    }
    .into_any()
}
