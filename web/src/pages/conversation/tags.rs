//! The tags of the conversation, and the button that changes them.

use leptos::prelude::*;
use shared::conversation::{Action, ConversationDetail};

use super::{ConversationContext, PANEL};
use crate::{
    components::{dialog::Dialog, tags::chip, when::when},
    language::t,
    pages::lazy::{Lazy, LazyPage},
};

/// The section beside the thread, above the key data, whose height changes when they arrive. A closed conversation without
/// tags has none.
pub(super) fn tags(context: ConversationContext) -> AnyView {
    let tags = context.read(|detail| detail.conversation.tags.clone());
    let may_tag = context.read(|detail: &ConversationDetail| detail.permitted_actions.contains(&Action::Tag));
    let dialog = move || {
        context.tagging.get().then(|| {
            let close = Callback::new(move |()| context.tagging.set(false));
            view! {
                <Dialog title=t!("Tags").to_owned() close>
                    <LazyPage page=Lazy::ConversationTags />
                </Dialog>
            }
        })
    };
    let button = move || {
        view! {
            <button
                type="button"
                class="btn btn-xs"
                data-tags=""
                aria-haspopup="dialog"
                on:click=move |_| context.tagging.set(true)
            >
                <span aria-hidden="true">{t!("Change")}</span>
                <span class="sr-only">{t!("Change tags")}</span>
            </button>
        }
        .into_any()
    };
    let chips = move || match tags.get() {
        none if none.is_empty() => view! { <p class="text-sm text-quiet">{t!("No tags")}</p> }.into_any(),
        tags => {
            let chips =
                tags.iter().map(|tag| view! { <li class="flex min-w-0">{chip(tag)}</li> }).collect_view();
            view! { <ul class="flex flex-wrap gap-1">{chips}</ul> }.into_any()
        }
    };
    let section = move || {
        view! {
            <section aria-labelledby="tags" class=PANEL>
                <div class="flex items-start justify-between gap-2">
                    <div class="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                        <h2 id="tags" class="text-sm font-semibold">{t!("Tags")}</h2>
                        {chips}
                    </div>
                    {when(move || may_tag.get(), button)}
                </div>
            </section>
        }
        .into_any()
    };
    view! {
        {when(move || may_tag.get() || tags.with(|tags| !tags.is_empty()), section)}
        {dialog}
    }
    .into_any()
}
