//! The reply form: held-reply notice, template drop-down, message box, character counter and Send button.
//!
//! Contains the view only; [`super::reply`] has the state and sends the reply.

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::template::placeholders;

use super::{
    ConversationContext,
    held::{HeldTexts, held_notice},
    presence::{PresenceLine, Reporter},
    reply::ReplyState,
    schedule::schedule_menu,
    templates::ReplyTemplates,
};
use crate::{
    components::form::hint_and_error,
    compose::{counter::counter, message_box, text::braced},
    keys::{focus_first, is_escape, is_send},
    language::{marked, t},
    time_zone::Zone,
};

/// Texts shown when a reply is held.
const HELD: HeldTexts = HeldTexts {
    title: marked!("Not sent yet: new messages arrived while you were writing."),
    anyway: marked!("Send anyway"),
    back: marked!("Keep editing"),
};

/// The ids of what the form shows about the text.
const DESCRIBED_BY: &str = "message-missing error-body message-count";

/// The id of the line that says what other accounts do in the conversation.
const PRESENCE: &str = "reply-presence";

/// The reply form.
#[component]
pub(super) fn ReplyForm(context: ConversationContext, zone: Zone, reporter: Reporter) -> impl IntoView {
    let state = ReplyState::new(context);
    let is_only_here = state.save_on_server();
    let composer = state.composer;
    let form = composer.form;
    let error = form.field_error("body");
    let text = Memo::new(move |_| composer.draft.with(|draft| draft.text.shown()));
    let missing = Memo::new(move |_| text.with(|text| placeholders(text)));
    let hint = move || {
        let has_error = error.with(Option::is_some);
        missing.with(|missing| {
            (!has_error && !missing.is_empty())
                .then(|| t!("Fill in: {placeholders}", placeholders = braced(missing)))
        })
    };
    let send = move || state.send(context.thread.seen.get_untracked());
    let anyway = Callback::new(move |newest| state.send_anyway(newest));
    let back = Callback::new(move |()| composer.focus());
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            send();
        } else if is_escape(&event) {
            // Moves the focus out of the box, so that single-key shortcuts work again.
            focus_first("main h1");
        }
    };
    let (schedule_button, schedule_popover) = schedule_menu(state, zone);
    view! {
        <form
            class="mt-3 flex flex-col gap-2"
            aria-label=t!("Reply")
            novalidate
            on:input=move |_| reporter.typed()
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {held_notice(state.held_by, HELD, anyway, back)}
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <ReplyTemplates state />
                {counter(text, composer.message_box)}
            </div>
            <div class="flex flex-col gap-1">
                <div class="flex items-end gap-2" on:keydown=key>
                    {message_box(composer, text, error, "reply-message", "min-h-20", DESCRIBED_BY)}
                    <div class="join">
                        <button
                            class="btn btn-primary join-item"
                            aria-describedby=PRESENCE
                            aria-disabled=move || form.busy.get().to_string()
                        >
                            {move || if form.busy.get() { t!("Sending…") } else { t!("Send") }}
                        </button>
                        {schedule_button}
                    </div>
                    {schedule_popover}
                </div>
                <div class="flex items-baseline justify-between gap-3">
                    <p role="status" class="text-sm text-quiet">
                        {move || is_only_here.get().then_some(t!("Saved on this device"))}
                    </p>
                    <PresenceLine context id=PRESENCE />
                </div>
                <p id="message-missing" class="text-sm font-medium empty:hidden">{hint}</p>
                {hint_and_error("error-body".to_owned(), "", error)}
            </div>
            {form.error()}
        </form>
    }
}
