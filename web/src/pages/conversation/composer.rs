//! The composer: held-reply notice, template drop-down, message box, character counter and Send button.
//!
//! Contains the view only; [`super::reply`] has the state and sends the reply.

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::template::placeholders;

use super::{
    ConversationContext,
    held::{HeldTexts, held_notice},
    reply::{ReplyState, joined},
    templates::Templates,
};
use crate::{
    components::counter::counter,
    keys::{focus_first, is_escape, is_send},
};

/// Texts shown when a reply is held.
const HELD: HeldTexts = HeldTexts {
    title: "Not sent yet: new messages arrived while you were writing.",
    anyway: "Send anyway",
    back: "Keep editing",
};

/// The reply form.
#[component]
pub(super) fn Composer(context: ConversationContext) -> impl IntoView {
    let state = ReplyState::new(context);
    let text = Memo::new(move |_| state.draft.with(|draft| draft.text.clone()));
    let missing = Memo::new(move |_| text.with(|text| placeholders(text)));
    let send = move || state.send(context.thread.seen.get_untracked());
    let anyway = Callback::new(move |newest| state.send(newest));
    let back = Callback::new(move |()| state.focus());
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            send();
        } else if is_escape(&event) {
            // Moves the focus out of the box, so that single-key shortcuts work again.
            focus_first("main h1");
        }
    };
    view! {
        <form
            class="mt-3 flex flex-col gap-2"
            aria-label="Reply"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {held_notice(state.held_by, HELD, anyway, back)}
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <Templates state />
                {counter(text)}
            </div>
            <div class="flex items-end gap-2">
                <textarea
                    node_ref=state.message
                    class="textarea max-h-60 min-h-20 w-full flex-1 text-base field-sizing-content"
                    rows="3"
                    dir="auto"
                    aria-label="Message"
                    aria-describedby="message-missing message-error message-count"
                    aria-invalid=move || (state.error.with(Option::is_some)).to_string()
                    placeholder="Write a message – Ctrl+Enter sends"
                    prop:value=text
                    prop:readOnly=move || state.busy.get()
                    on:input:target=move |event| state.edit(event.target().value())
                    on:keydown=key
                ></textarea>
                <button class="btn btn-primary" aria-disabled=move || state.busy.get().to_string()>
                    {move || if state.busy.get() { "Sending…" } else { "Send" }}
                </button>
            </div>
            <p id="message-missing" class="text-sm font-medium empty:hidden">
                {move || {
                    let has_error = state.error.with(Option::is_some);
                    missing.with(|missing| {
                        (!has_error && !missing.is_empty()).then(|| format!("Fill in: {}", joined(missing)))
                    })
                }}
            </p>
            <p id="message-error" role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                {move || state.error.get()}
            </p>
        </form>
    }
}
