//! A link that downloads a file of the server. The browser downloads it without the API client, so a click first makes a
//! request that renews the session if necessary.

use leptos::{ev::MouseEvent, html, prelude::*};

use super::notices::use_notices;
use crate::{session::use_client, tasks::TaskScope};

/// The link. `of` says for screen readers what the file contains.
pub(crate) fn download(
    href: Signal<String>,
    class: &'static str,
    text: &'static str,
    of: &'static str,
) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let link = NodeRef::<html::A>::new();
    let scope = TaskScope::current();
    let is_ready = StoredValue::new(false);
    let click = move |event: MouseEvent| {
        if is_ready.get_value() {
            return is_ready.set_value(false);
        }
        event.prevent_default();
        scope.spawn(async move {
            match client.get_me().await {
                Ok(_) => {
                    is_ready.try_set_value(true);
                    if let Some(link) = link.try_get_untracked().flatten() {
                        link.click();
                    }
                }
                Err(error) => notices.error(&error),
            }
        });
    };
    view! {
        <a node_ref=link href=href download="" class=class on:click=click>
            {text}
            <span class="sr-only">" · " {of}</span>
        </a>
    }
    .into_any()
}
