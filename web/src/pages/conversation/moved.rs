//! What holds a reply or a closure: messages arrived that the agent has not seen. The agent reads them here, then goes on
//! anyway or goes back.

use leptos::prelude::*;
use shared::{ids::MessageId, message::Message};

use super::bubble::sender;
use crate::components::when::when;

/// The words of a held reply or closure.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) anyway: &'static str,
    pub(super) back: &'static str,
}

/// The newest of the messages, which counts as seen when the agent goes on.
pub(super) fn newest(messages: &[Message]) -> Option<MessageId> {
    messages.iter().map(|message| message.id).max()
}

/// The messages, with a button that goes on and one that goes back; nothing while there are none.
pub(super) fn moved(
    messages: RwSignal<Vec<Message>>,
    words: Words,
    anyway: Callback<Option<MessageId>>,
    back: Callback<()>,
) -> AnyView {
    let items = move || {
        let item = |message: &Message| {
            view! {
                <li class="wrap-anywhere whitespace-pre-wrap">
                    <span class="font-medium">{sender(message)} ": "</span>
                    {message.body.clone()}
                </li>
            }
        };
        messages.with(|messages| messages.iter().map(item).collect_view())
    };
    let held = when(
        move || messages.with(|messages| !messages.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning flex flex-col items-start gap-2">
                    <p class="font-medium">{words.title}</p>
                    <ul class="list-disc pl-5">{move || items()}</ul>
                    <div class="flex flex-wrap gap-2">
                        <button
                            type="button"
                            class="btn btn-sm btn-primary"
                            on:click=move |_| anyway.run(messages.with_untracked(|messages| newest(messages)))
                        >
                            {words.anyway}
                        </button>
                        <button
                            type="button"
                            class="btn btn-sm"
                            on:click=move |_| {
                                messages.set(Vec::new());
                                back.run(());
                            }
                        >
                            {words.back}
                        </button>
                    </div>
                </div>
            }
            .into_any()
        },
    );
    view! { <div role="alert">{held}</div> }.into_any()
}
