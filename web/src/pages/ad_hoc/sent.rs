//! The confirmation after an ad-hoc message is sent.

use leptos::{html, prelude::*};
use shared::conversation::Conversation;

use super::state::AdHocState;
use crate::language::t;

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
                <strong>{t!("Sent to {number}.", number = conversation.number.display())}</strong>
                " "
                {t!("The conversation appears in the queue when they reply.")}
            </p>
            <div class="flex flex-wrap gap-2">
                <a href=format!("/conversations/{}", conversation.id) class="btn btn-primary">
                    {t!("Open the conversation")}
                </a>
                <button type="button" class="btn" on:click=move |_| state.start_another()>
                    {t!("Send another")}
                </button>
                <form method="dialog">
                    <button class="btn">{t!("Close")}</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}
