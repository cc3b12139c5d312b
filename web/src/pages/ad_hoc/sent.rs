//! The confirmation after an ad-hoc message is sent.

use leptos::{html, prelude::*};
use shared::conversation::Conversation;

use super::state::AdHocState;

/// "Sent to +44 7700 900123."
pub(super) fn sent(state: AdHocState, conversation: &Conversation) -> AnyView {
    let notice = NodeRef::<html::P>::new();
    // Takes the focus, because the focused Send button has been removed.
    Effect::new(move |_| {
        if let Some(notice) = notice.get() {
            let _ = notice.focus();
        }
    });
    view! {
        <div class="flex flex-col gap-4">
            <p node_ref=notice tabindex="-1" role="status" class="alert alert-success block outline-none">
                <strong>"Sent to " {conversation.number.display()} "."</strong>
                " The conversation appears in the queue when they reply."
            </p>
            <div class="flex flex-wrap gap-2">
                <a href=format!("/conversations/{}", conversation.id) class="btn btn-primary">
                    "Open the conversation"
                </a>
                <button type="button" class="btn" on:click=move |_| state.start_another()>
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
