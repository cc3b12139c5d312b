//! The button below a list that fetches its next rows.

use leptos::prelude::*;

use super::{person::isolated, when::when};
use crate::language::t;

/// The button, shown while the list has more rows. `list` names the list for screen readers, if the page has several.
pub(crate) fn more_button(
    has_more: impl Fn() -> bool + Send + Sync + 'static,
    busy: RwSignal<bool>,
    list: Option<Signal<String>>,
    fetch: Callback<()>,
) -> AnyView {
    when(has_more, move || {
        view! {
            <button type="button" class="btn btn-sm mt-2 self-start" on:click=move |_| fetch.run(())>
                {move || if busy.get() { t!("Loading…") } else { t!("Show more") }}
                {list.map(|list| view! { <span class="sr-only">{move || t!(" of {list}", list = isolated(&list.get()))}</span> })}
            </button>
        }
        .into_any()
    })
}
