//! "Send again" at a text that failed: the same text as a new message, by one click.
//!
//! Its key is made from the failed text's id. So whoever clicks twice, in two tabs, or once more after an answer got
//! lost, has sent it once; should that one fail too, it has a button of its own.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    conversation::Action,
    ids::MessageId,
    message::{Message, NewMessage},
};

use super::{Desk, moved::newest};
use crate::{
    components::{notices::use_notices, when::when},
    keys::focus_if_lost,
    tasks::start_detached,
};

/// The button; nothing when it makes no sense, or once it has been used.
pub(super) fn send_again(desk: Desk, failed: &Message) -> AnyView {
    if failed.error.as_ref().is_some_and(|error| !error.is_worth_another_try()) {
        return ().into_any();
    }
    let may_reply = desk.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let notices = use_notices();
    let busy = RwSignal::new(false);
    // The messages that held the last try: the agent has been asked to read them.
    let shown = StoredValue::new(None::<MessageId>);
    let (id, body) = (failed.id, StoredValue::new(failed.body.clone()));
    let send = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let seen = desk.thread.seen.get_untracked().max(shown.get_value()).unwrap_or(MessageId(0));
        let again = NewMessage {
            body: body.get_value(),
            template_id: None,
            last_seen_message_id: Some(seen),
            media: None,
        };
        start_detached(async move {
            let answer = desk.client.create_message(desk.id, &again, &format!("again-{id}")).await;
            busy.try_set(false);
            match answer {
                Ok(message) => {
                    desk.thread.put_own(message);
                    focus_if_lost("[aria-label=Message]");
                }
                Err(fault) => {
                    match fault.code() {
                        Some(ErrorCode::ConversationMoved) => {
                            if let Some(problem) = fault.problem() {
                                shown.try_set_value(newest(&problem.messages));
                                desk.thread.put(problem.messages.clone());
                            }
                            notices.say("Not sent: new messages arrived. Read them, then send again.");
                        }
                        // It was sent before, when something else had been read.
                        Some(ErrorCode::IdempotencyKeyReused) => {}
                        _ => notices.fault(&fault),
                    }
                    desk.refetch.try_run(());
                }
            }
        });
    };
    when(
        move || may_reply.get() && !body.with_value(|body| desk.thread.says_again(id, body)),
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
