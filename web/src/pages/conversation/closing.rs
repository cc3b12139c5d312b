//! The form that closes the conversation, with a reason and an optional note. Closing cannot be undone, so no single
//! key does it.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    ErrorCode,
    closure::{ClosureReason, MAX_NOTE_CHARACTERS, NewClosure},
    ids::{ClosureReasonId, MessageId},
    message::Message,
};

use super::{
    ConversationContext,
    held::{HeldTexts, held_notice},
};
use crate::{
    api::{RequestError, new_idempotency_key},
    components::{
        notices::use_notices,
        placeholder::{failed, skeleton},
    },
    keys::focus_if_lost,
    tasks::TaskScope,
};

/// Texts shown when a closure is held.
const HELD: HeldTexts =
    HeldTexts { title: "Not closed yet: new messages arrived.", anyway: "Close anyway", back: "Keep open" };

/// The "Close conversation" section.
#[component]
pub(super) fn Closing(context: ConversationContext) -> impl IntoView {
    let notices = use_notices();
    let reasons = RwSignal::new(None::<Result<Vec<ClosureReason>, RequestError>>);
    let reason = NodeRef::<html::Select>::new();
    let note = NodeRef::<html::Textarea>::new();
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let key = StoredValue::new(new_idempotency_key());
    let scope = TaskScope::current();
    // Messages that hold the closure because the agent has not seen them.
    let held_by = RwSignal::new(Vec::<Message>::new());
    // Last seen message of an attempt that got no response. A retry sends the same request, so that its idempotency key
    // matches.
    let attempted = StoredValue::new(None::<MessageId>);

    let fetch = move || {
        let team = context.detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.team.id));
        scope.spawn(async move {
            let Some(team) = team else { return };
            let response = context.client.list_closure_reasons(team).await;
            reasons.try_set(Some(response));
        });
    };
    fetch();

    let close = move |seen: Option<MessageId>| {
        let (Some(reason), Some(note)) = (reason.get_untracked(), note.get_untracked()) else {
            return;
        };
        let Ok(closure_reason_id) = reason.value().parse::<ClosureReasonId>() else {
            error.set(Some("Choose a reason.".to_owned()));
            let _ = reason.focus();
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        held_by.set(Vec::new());
        let note = Some(note.value().trim().to_owned()).filter(|note| !note.is_empty());
        // 0 if the agent has seen no message: the server then holds the closure and returns the messages.
        let last_seen_message_id = attempted.get_value().or(seen).or(Some(MessageId(0)));
        attempted.set_value(last_seen_message_id);
        let closure = NewClosure { closure_reason_id, note, last_seen_message_id };
        scope.spawn(async move {
            let response = context.client.create_closure(context.id, &closure, &key.get_value()).await;
            busy.try_set(false);
            match response {
                Ok(detail) => {
                    notices.info("The conversation is closed.");
                    context.show(detail);
                    focus_if_lost("#closed");
                }
                Err(new_error) => {
                    if new_error.problem().is_some() {
                        attempted.try_set_value(None);
                    }
                    match new_error.code() {
                        Some(ErrorCode::ConversationMoved) => {
                            let messages = new_error.problem().map(|problem| problem.messages.clone());
                            context.thread.merge(messages.clone().unwrap_or_default());
                            held_by.try_set(messages.unwrap_or_default());
                            return;
                        }
                        Some(ErrorCode::ConversationClosed) => {
                            notices.info("A colleague has closed this conversation.");
                            context.refetch.run(());
                        }
                        // An earlier attempt did arrive, with another reason or note.
                        Some(ErrorCode::IdempotencyKeyReused) => {
                            key.try_set_value(new_idempotency_key());
                            context.refetch.run(());
                        }
                        _ => {}
                    }
                    let field = new_error.problem().and_then(|problem| {
                        problem
                            .field("note")
                            .or_else(|| problem.field("closure_reason_id"))
                            .map(str::to_owned)
                    });
                    error.try_set(Some(field.unwrap_or_else(|| new_error.message())));
                }
            }
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        close(context.thread.seen.get_untracked());
    };
    let anyway = Callback::new(close);
    let back = Callback::new(move |()| {
        if let Some(note) = note.get_untracked() {
            let _ = note.focus();
        }
    });
    let form = move |reasons: &[ClosureReason]| {
        let options = reasons.iter().map(|reason| {
            view! { <option value=reason.id.to_string()>{reason.name.clone()}</option> }
        });
        view! {
            <form class="flex flex-col gap-3" novalidate on:submit=submit>
                <label class="flex flex-col gap-1">
                    <span class="text-sm font-medium">"Reason"</span>
                    <select
                        node_ref=reason
                        class="select w-full"
                        required
                        data-close-section=""
                        aria-invalid=move || error.with(Option::is_some).to_string()
                        aria-describedby="closing-error"
                    >
                        <option value="">"Choose a reason"</option>
                        {options.collect_view()}
                    </select>
                </label>
                <p id="closing-error" role="alert" class="text-sm text-red-700 dark:text-red-300 empty:hidden">
                    {move || error.get()}
                </p>
                <label class="flex flex-col gap-1">
                    <span class="text-sm font-medium">"Note"</span>
                    <textarea
                        node_ref=note
                        class="textarea w-full"
                        rows="2"
                        maxlength=MAX_NOTE_CHARACTERS.to_string()
                    ></textarea>
                </label>
                {held_notice(held_by, HELD, anyway, back)}
                <button class="btn btn-danger" aria-disabled=move || busy.get().to_string()>
                    {move || if busy.get() { "Closing…" } else { "Close conversation" }}
                </button>
            </form>
        }
        .into_any()
    };
    let body = move || {
        reasons.with(|reasons| match reasons {
            None => skeleton(2),
            Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
            Some(Ok(reasons)) => form(reasons),
        })
    };
    view! {
        <section aria-labelledby="closing" class="rounded-box border border-base-300 p-4">
            <h2 id="closing" class="mb-2 font-semibold">"Close conversation"</h2>
            {move || body()}
        </section>
    }
}
