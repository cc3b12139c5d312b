//! The message box.

use leptos::prelude::*;

use super::{
    Composer,
    draft::Details,
    input::paste,
    template_search::{TemplateSearch, search_list},
};
use crate::language::t;

/// The message box, with the search for templates. `text` is the draft's text, `error` that of the field `body`, and
/// `described_by` the ids of what the page shows about the text.
pub(crate) fn message_box<D: Details>(
    composer: Composer<D>,
    text: Memo<String>,
    error: Signal<Option<String>>,
    id: &'static str,
    class: &'static str,
    described_by: &'static str,
) -> AnyView {
    let area = composer.message_box;
    let list = StoredValue::new(format!("{id}-templates"));
    let search =
        TemplateSearch::new(composer.templates, move |(id, typed)| composer.insert_template(id, &typed));
    let edited = move |value: String| {
        let was_empty = text.with_untracked(String::is_empty);
        composer.edit(value);
        if let Some(area) = area.get_untracked() {
            search.edited(&area, was_empty);
        }
    };
    view! {
        <div class="relative flex min-w-0 flex-1 flex-col">
            {search_list(search, list)}
            <textarea
                node_ref=area
                id=id
                class=format!("textarea max-h-60 w-full text-base field-sizing-content {class}")
                dir="auto"
                name="body"
                aria-label=t!("Message")
                aria-describedby=described_by
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-autocomplete="list"
                aria-haspopup="listbox"
                aria-controls=move || search.has_options().then(|| list.get_value())
                aria-activedescendant=move || list.with_value(|list| search.active_option(list))
                placeholder=t!("Write a message – / finds a template, Ctrl+Enter sends")
                prop:value=text
                prop:readOnly=move || composer.form.busy.get()
                on:input:target=move |event| edited(event.target().value())
                on:paste=move |event| paste(&event, area)
                on:keydown=move |event| search.pressed(&event, area.get_untracked())
                on:blur=move |_| search.close()
            ></textarea>
        </div>
    }
    .into_any()
}
