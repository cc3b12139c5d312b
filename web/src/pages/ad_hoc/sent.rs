//! What the ad-hoc dialog says once the message is on its way.

use leptos::{html, prelude::*};
use shared::conversation::Conversation;

use super::writing::Writing;

/// "Sent to +44 7700 900123."
pub(super) fn sent(writing: Writing, conversation: &Conversation) -> AnyView {
    let words = NodeRef::<html::P>::new();
    // The button that had the focus is gone.
    Effect::new(move |_| {
        if let Some(words) = words.get() {
            let _ = words.focus();
        }
    });
    view! {
        <div class="flex flex-col gap-4">
            <p node_ref=words tabindex="-1" role="status" class="alert alert-success block outline-none">
                <strong>"Sent to " {conversation.number.display()} "."</strong>
                " You will see it in the queue when they reply."
            </p>
            <div class="flex flex-wrap gap-2">
                <a href=format!("/conversations/{}", conversation.id) class="btn btn-primary">
                    "Open the conversation"
                </a>
                <button type="button" class="btn" on:click=move |_| writing.again()>
                    "Send another"
                </button>
                <form method="dialog">
                    <button class="btn">"Close"</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}
