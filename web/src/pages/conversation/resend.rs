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
    api::RequestError,
    components::{
        form::Form,
        notices::{Notices, use_notices},
        when::when,
    },
    keys::focus_if_lost,
    language::t,
};

/// The button. Absent if sending again cannot succeed, or if the text has already been sent again.
pub(super) fn resend_button(context: ConversationContext, failed: &Message) -> AnyView {
    if failed.error.as_ref().is_some_and(|error| !error.is_worth_another_try()) {
        return ().into_any();
    }
    let may_reply = context.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let notices = use_notices();
    let form = Form::new();
    // Newest of the messages that held the last attempt. The agent has been asked to read them.
    let newest_shown = StoredValue::new(None::<MessageId>);
    let (id, body) = (failed.id, StoredValue::new(failed.body.clone()));
    let send = move |_| {
        let seen = context.thread.seen.get_untracked().max(newest_shown.get_value()).unwrap_or(MessageId(0));
        let message = NewMessage {
            body: body.get_value(),
            template_id: None,
            last_seen_message_id: Some(seen),
            send_at: None,
            media: None,
        };
        let request =
            async move { context.client.create_message(context.id, &message, &format!("again-{id}")).await };
        form.send_detached(request, move |response| {
            match response {
                Ok(message) => {
                    context.thread.add_sent(message);
                    focus_if_lost("#reply-message");
                }
                Err(error) => {
                    if let Some(newest) = show_refusal(context, notices, &error) {
                        newest_shown.try_set_value(Some(newest));
                    }
                    context.refetch.try_run(());
                }
            }
            Ok(())
        });
    };
    when(
        move || may_reply.get() && !body.with_value(|body| context.thread.is_repeated_later(id, body)),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-outline btn-xs mt-1"
                    aria-disabled=move || form.busy.get().to_string()
                    on:click=send
                >
                    {move || if form.busy.get() { t!("Sending…") } else { t!("Send again") }}
                </button>
            }
            .into_any()
        },
    )
}

/// Shows why the message was not sent again, as a notice, because the message may no longer be on screen. Returns the
/// newest of the messages that held it.
fn show_refusal(context: ConversationContext, notices: Notices, error: &RequestError) -> Option<MessageId> {
    match (error.code(), error.problem()) {
        (Some(ErrorCode::ConversationMoved), Some(problem)) => match problem.messages() {
            Ok(messages) => {
                let newest = newest(&messages);
                context.thread.merge(messages);
                notices.info(t!("Not sent: new messages arrived. Read them, then send again."));
                return newest;
            }
            Err(error) => notices.error(&error),
        },
        // An earlier click sent it, with another last seen message.
        (Some(ErrorCode::IdempotencyKeyReused), _) => {}
        _ => notices.error(error),
    }
    None
}
