//! The "Send again" button of a failed message, which sends the same text as a new message.
//!
//! The idempotency key is derived from the failed message's id. Repeated clicks, clicks in two tabs and clicks after a
//! lost response therefore send the text once. If the new message fails too, it has its own button.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    conversation::Action,
    ids::MessageId,
    message::{Message, NewMessage},
};

use super::{ConversationContext, held::newest};
use crate::{
    components::{notices::use_notices, when::when},
    keys::focus_if_lost,
    tasks::spawn_detached,
};

/// The button. Absent if sending again cannot succeed, or if the text has already been sent again.
pub(super) fn resend_button(context: ConversationContext, failed: &Message) -> AnyView {
    if failed.error.as_ref().is_some_and(|error| !error.is_worth_another_try()) {
        return ().into_any();
    }
    let may_reply = context.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let notices = use_notices();
    let busy = RwSignal::new(false);
    // Newest of the messages that held the last attempt. The agent has been asked to read them.
    let newest_shown = StoredValue::new(None::<MessageId>);
    let (id, body) = (failed.id, StoredValue::new(failed.body.clone()));
    let send = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let seen = context.thread.seen.get_untracked().max(newest_shown.get_value()).unwrap_or(MessageId(0));
        let message = NewMessage {
            body: body.get_value(),
            template_id: None,
            last_seen_message_id: Some(seen),
            media: None,
        };
        spawn_detached(async move {
            let response = context.client.create_message(context.id, &message, &format!("again-{id}")).await;
            busy.try_set(false);
            match response {
                Ok(message) => {
                    context.thread.add_sent(message);
                    focus_if_lost("[aria-label=Message]");
                }
                Err(error) => {
                    match error.code() {
                        Some(ErrorCode::ConversationMoved) => {
                            if let Some(problem) = error.problem() {
                                newest_shown.try_set_value(newest(&problem.messages));
                                context.thread.merge(problem.messages.clone());
                            }
                            notices.info("Not sent: new messages arrived. Read them, then send again.");
                        }
                        // An earlier click sent it, with another last seen message.
                        Some(ErrorCode::IdempotencyKeyReused) => {}
                        _ => notices.error(&error),
                    }
                    context.refetch.try_run(());
                }
            }
        });
    };
    when(
        move || may_reply.get() && !body.with_value(|body| context.thread.is_repeated_later(id, body)),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-outline btn-xs mt-1"
                    aria-disabled=move || busy.get().to_string()
                    on:click=send
                >
                    {move || if busy.get() { "Sending…" } else { "Send again" }}
                </button>
            }
            .into_any()
        },
    )
}
