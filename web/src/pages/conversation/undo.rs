//! Undo send: for a few seconds the message just sent is a scheduled one, which this page can take back. The server
//! sends it when they are over, also if the page is closed.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::{ErrorCode, ids::MessageId};

use super::{ConversationContext, reply::ReplyDetails};
use crate::{
    clock::{milliseconds_now, pause},
    components::{form::Form, notices::use_notices},
    compose::{Composer, draft::Draft},
    tasks::spawn,
};

/// How often the remaining seconds are computed.
const TICK: std::time::Duration = std::time::Duration::from_millis(200);

/// A message that can be taken back, with what returns to the message box.
#[derive(Clone)]
pub(super) struct Undoable {
    pub(super) message: MessageId,
    pub(super) draft: Draft<ReplyDetails>,
    pub(super) composer: Composer<ReplyDetails>,
}

/// "Sending in 5 s", and the Undo button.
pub(super) fn undo_line(context: ConversationContext, undoable: Undoable, send_at: DateTime<Utc>) -> AnyView {
    let form = Form::new();
    let notices = use_notices();
    let left = RwSignal::new(seconds_until(send_at));
    spawn(async move {
        while left.try_get_untracked().is_some_and(|left| left > 0) {
            pause(TICK).await;
            left.try_set(seconds_until(send_at));
        }
    });
    let Undoable { message, draft, composer } = undoable;
    let undo = move |_| {
        let draft = draft.clone();
        form.send_detached(async move { context.client.delete_message(message).await }, move |response| {
            match response {
                Ok(()) => {
                    context.thread.remove(message);
                    if composer.form.busy.is_disposed() {
                        // The customer has opted out meanwhile, so there is no message box.
                        notices.warning(&format!("The message is not sent: “{}”", draft.text.shown()));
                    } else {
                        composer.give_back(&draft);
                    }
                }
                Err(error) if error.code() == Some(ErrorCode::MessageNotScheduled) => {
                    notices.warning("Too late: the message was sent.");
                    context.refetch.try_run(());
                }
                Err(error) => notices.error(&error),
            }
            Ok(())
        });
    };
    let text = move || match left.get() {
        ..=0 => "Sending…".to_owned(),
        left => format!("Sending in {left} s"),
    };
    view! {
        <span>{text}</span>
        <button
            type="button"
            class="btn btn-outline btn-xs"
            aria-disabled=move || form.busy.get().to_string()
            on:click=undo
        >
            "Undo"
        </button>
    }
    .into_any()
}

/// Returns the number of seconds until a time, rounded up.
fn seconds_until(at: DateTime<Utc>) -> i64 {
    let left = at.timestamp_millis() as f64 - milliseconds_now();
    (left / 1000.0).ceil() as i64
}
