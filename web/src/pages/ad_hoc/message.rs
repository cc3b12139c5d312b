//! The text of an ad-hoc message: template drop-down, message box, character counter, and an input for each placeholder
//! that the customer's data does not fill.

use leptos::prelude::*;

use super::{state::AdHocState, templates::templates};
use crate::{
    components::{form::hint_and_error, person::isolated},
    compose::{counter::counter, message_box},
    language::t,
};

/// The fields of the text.
pub(super) fn message(state: AdHocState) -> AnyView {
    let composer = state.composer;
    let error = composer.form.field_error("body");
    let text = Memo::new(move |_| composer.draft.with(|draft| draft.text.shown()));
    let unfilled = Memo::new(move |_| composer.draft.with(|draft| draft.text.placeholders()));
    view! {
        {templates(state)}
        <div class="flex flex-col gap-1">
            <label for="ad-hoc-message" class="text-sm font-medium">{t!("Message")}</label>
            {message_box(composer, text, error, "ad-hoc-message", "min-h-24", "error-body message-count")}
            {counter(text, composer.message_box)}
            <p role="status" class="text-sm text-quiet empty:hidden">
                {move || state.is_only_here.get().then_some(t!("Saved on this device"))}
            </p>
            {hint_and_error("error-body".to_owned(), "", error)}
        </div>
        {move || {
            let names = unfilled.get().into_iter();
            names.map(|name| placeholder_input(state, name)).collect_view()
        }}
    }
    .into_any()
}

fn placeholder_input(state: AdHocState, name: String) -> AnyView {
    let composer = state.composer;
    let (shown, filled) = (name.clone(), name.clone());
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium wrap-anywhere">{t!("Fill in: {name}", name = isolated(&name))}</span>
            <input
                class="input w-full"
                dir="auto"
                autocomplete="off"
                prop:value=move || composer.draft.with(|draft| draft.text.value(&shown).to_owned())
                prop:readOnly=move || composer.form.busy.get()
                on:input:target=move |event| {
                    composer.change(|draft| draft.text.set_value(&filled, event.target().value()));
                }
            />
        </label>
    }
    .into_any()
}
