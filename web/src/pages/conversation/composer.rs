//! The composer: what holds the reply back, template, box, count, and the button that sends.
//!
//! It draws; what becomes of the text is [`super::writing`]'s work.

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::template::placeholders;

use super::{
    Desk,
    moved::{Words, moved},
    templates::Templates,
    writing::{Writing, named},
};
use crate::{
    components::counter::counter,
    keys::{focus_first, is_escape, is_send},
};

/// A held reply.
const HELD: Words = Words {
    title: "Not sent yet: new messages arrived while you were writing.",
    anyway: "Send anyway",
    back: "Keep editing",
};

/// The composer.
#[component]
pub(super) fn Composer(desk: Desk) -> impl IntoView {
    let writing = Writing::new(desk);
    let text = Memo::new(move |_| writing.draft.with(|draft| draft.text.clone()));
    let missing = Memo::new(move |_| text.with(|text| placeholders(text)));
    let send = move || writing.send(desk.thread.seen.get_untracked());
    let anyway = Callback::new(move |newest| writing.send(newest));
    let back = Callback::new(move |()| writing.focus());
    let key = move |event: KeyboardEvent| {
        if is_send(&event) {
            send();
        } else if is_escape(&event) {
            // Single keys act again from there.
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
            {moved(writing.moved, HELD, anyway, back)}
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <Templates writing />
                {counter(text)}
            </div>
            <div class="flex items-end gap-2">
                <textarea
                    node_ref=writing.message
                    class="textarea max-h-60 min-h-20 w-full flex-1 text-base field-sizing-content"
                    rows="3"
                    dir="auto"
                    aria-label="Message"
                    aria-describedby="message-missing message-fault message-count"
                    aria-invalid=move || (writing.fault.with(Option::is_some)).to_string()
                    placeholder="Write a message – Ctrl+Enter sends"
                    prop:value=text
                    prop:readOnly=move || writing.busy.get()
                    on:input:target=move |event| writing.typed(event.target().value())
                    on:keydown=key
                ></textarea>
                <button class="btn btn-primary" aria-disabled=move || writing.busy.get().to_string()>
                    {move || if writing.busy.get() { "Sending…" } else { "Send" }}
                </button>
            </div>
            <p id="message-missing" class="text-sm font-medium empty:hidden">
                {move || {
                    let told = writing.fault.with(Option::is_some);
                    missing.with(|missing| {
                        (!told && !missing.is_empty()).then(|| format!("Fill in: {}", named(missing)))
                    })
                }}
            </p>
            <p id="message-fault" role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                {move || writing.fault.get()}
            </p>
        </form>
    }
}
