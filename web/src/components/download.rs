//! A download link. The browser downloads the file without the API client, so a click first makes a request that renews
//! the session if necessary.

use leptos::{ev::MouseEvent, html, prelude::*};

use super::notices::use_notices;
use crate::{session::use_client, tasks::TaskScope};

/// The link to `href` with the classes and content.
pub(crate) fn download_link(
    href: impl Fn() -> String + Send + 'static,
    class: &'static str,
    content: AnyView,
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
            {content}
        </a>
    }
    .into_any()
}

/// The link with a text. `of` says for screen readers what the file contains.
pub(crate) fn download(href: String, class: &'static str, text: &'static str, of: &'static str) -> AnyView {
    let content = view! {
        {text}
        <span class="sr-only">" · " {of}</span>
    };
    download_link(move || href.clone(), class, content.into_any())
}
