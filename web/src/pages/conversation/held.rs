//! The notice of a held reply or closure. Shows the new messages that the agent has not seen, with a button to continue
//! anyway and one to go back.

use leptos::prelude::*;
use shared::{ids::MessageId, message::Message};

use super::bubble::sender;
use crate::{components::when::when, language::text};

/// Texts of the notice.
#[derive(Clone, Copy)]
pub(super) struct HeldTexts {
    pub(super) title: &'static str,
    pub(super) anyway: &'static str,
    pub(super) back: &'static str,
}

/// Returns the id of the newest message. It becomes the last seen message when the agent continues.
pub(super) fn newest(messages: &[Message]) -> Option<MessageId> {
    messages.iter().map(|message| message.id).max()
}

/// The notice, shown while `messages` is not empty.
pub(super) fn held_notice(
    messages: RwSignal<Vec<Message>>,
    texts: HeldTexts,
    anyway: Callback<Option<MessageId>>,
    back: Callback<()>,
) -> AnyView {
    let items = move || {
        let item = |message: &Message| {
            view! {
                <li class="wrap-anywhere whitespace-pre-wrap">
                    <span class="font-medium"><bdi>{sender(message)}</bdi> ": "</span>
                    <bdi>{message.body.clone()}</bdi>
                </li>
            }
        };
        messages.with(|messages| messages.iter().map(item).collect_view())
    };
    let notice = when(
        move || messages.with(|messages| !messages.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning flex flex-col items-start gap-2">
                    <p class="font-medium">{text(texts.title)}</p>
                    <ul class="list-disc pl-5">{move || items()}</ul>
                    <div class="flex flex-wrap gap-2">
                        <button
                            type="button"
                            class="btn btn-sm btn-primary"
                            on:click=move |_| anyway.run(messages.with_untracked(|messages| newest(messages)))
                        >
                            {text(texts.anyway)}
                        </button>
                        <button
                            type="button"
                            class="btn btn-sm"
                            on:click=move |_| {
                                messages.set(Vec::new());
                                back.run(());
                            }
                        >
                            {text(texts.back)}
                        </button>
                    </div>
                </div>
            }
            .into_any()
        },
    );
    view! { <div role="alert">{notice}</div> }.into_any()
}
