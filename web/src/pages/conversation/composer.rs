//! The composer: what holds the reply back, template, box, count, and the button that sends.
//!
//! It draws; what becomes of the text is [`super::writing`]'s work.

use leptos::{ev::KeyboardEvent, prelude::*};
use shared::{message::Message, template::placeholders};

use super::{
    Desk,
    templates::Templates,
    writing::{Writing, named},
};
use crate::{
    components::{counter::counter, when::when},
    keys::{focus_first, is_escape, is_send},
};

/// The composer.
#[component]
pub(super) fn Composer(desk: Desk) -> impl IntoView {
    let writing = Writing::new(desk);
    let text = Memo::new(move |_| writing.draft.with(|draft| draft.text.clone()));
    let missing = Memo::new(move |_| text.with(|text| placeholders(text)));
    let send = move || writing.send(desk.thread.seen.get_untracked());
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
            <Moved writing />
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

#[component]
fn Moved(writing: Writing) -> impl IntoView {
    let anyway = move |_| {
        let newest = writing.moved.with_untracked(|moved| moved.iter().map(|message| message.id).max());
        writing.send(newest);
    };
    let texts = move || {
        writing.moved.with(|moved| {
            let item =
                |message: &Message| view! { <li class="wrap-anywhere whitespace-pre-wrap">{message.body.clone()}</li> };
            moved.iter().map(item).collect_view()
        })
    };
    let held = when(
        move || writing.moved.with(|moved| !moved.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning flex flex-col items-start gap-2">
                    <p class="font-medium">"Not sent yet: the customer has written meanwhile."</p>
                    <ul class="list-disc pl-5">{move || texts()}</ul>
                    <div class="flex gap-2">
                        <button type="button" class="btn btn-sm btn-primary" on:click=anyway>
                            "Send anyway"
                        </button>
                        <button
                            type="button"
                            class="btn btn-sm"
                            on:click=move |_| {
                                writing.moved.set(Vec::new());
                                writing.focus();
                            }
                        >
                            "Keep editing"
                        </button>
                    </div>
                </div>
            }
            .into_any()
        },
    );
    view! { <div role="alert">{held}</div> }
}
