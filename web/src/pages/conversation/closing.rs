//! Closing the conversation: a reason, perhaps a note. There is no way back, so nothing happens by a single key.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    ErrorCode,
    closure::{ClosureReason, MAX_NOTE_CHARACTERS, NewClosure},
    ids::{ClosureReasonId, MessageId},
    message::Message,
};

use super::{
    Desk,
    moved::{Words, moved},
};
use crate::{
    api::{Fault, new_idempotency_key},
    components::{
        notices::use_notices,
        placeholder::{failed, skeleton},
    },
    keys::focus_if_lost,
    tasks::Home,
};

/// A held closure.
const HELD: Words =
    Words { title: "Not closed yet: new messages arrived.", anyway: "Close anyway", back: "Keep open" };

/// The section that closes the conversation.
#[component]
pub(super) fn Closing(desk: Desk) -> impl IntoView {
    let notices = use_notices();
    let reasons = RwSignal::new(None::<Result<Vec<ClosureReason>, Fault>>);
    let reason = NodeRef::<html::Select>::new();
    let note = NodeRef::<html::Textarea>::new();
    let fault = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let key = StoredValue::new(new_idempotency_key());
    let home = Home::here();
    // The messages that hold the closure, because the agent has not seen them.
    let unseen = RwSignal::new(Vec::<Message>::new());
    // What had been seen when no answer came: another try is the same request.
    let tried = StoredValue::new(None::<MessageId>);

    let fetch = move || {
        let team = desk.detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.team.id));
        home.start(async move {
            let Some(team) = team else { return };
            let answer = desk.client.list_closure_reasons(team).await;
            reasons.try_set(Some(answer));
        });
    };
    fetch();

    let close = move |seen: Option<MessageId>| {
        let (Some(reason), Some(note)) = (reason.get_untracked(), note.get_untracked()) else {
            return;
        };
        let Ok(closure_reason_id) = reason.value().parse::<ClosureReasonId>() else {
            fault.set(Some("Choose a reason.".to_owned()));
            let _ = reason.focus();
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(None);
        unseen.set(Vec::new());
        let note = Some(note.value().trim().to_owned()).filter(|note| !note.is_empty());
        // An agent who has seen nothing is shown what there is before it is closed.
        let last_seen_message_id = tried.get_value().or(seen).or(Some(MessageId(0)));
        tried.set_value(last_seen_message_id);
        let closure = NewClosure { closure_reason_id, note, last_seen_message_id };
        home.start(async move {
            let answer = desk.client.create_closure(desk.id, &closure, &key.get_value()).await;
            busy.try_set(false);
            match answer {
                Ok(detail) => {
                    notices.say("The conversation is closed.");
                    desk.show(detail);
                    focus_if_lost("#closed");
                }
                Err(met) => {
                    if met.problem().is_some() {
                        tried.try_set_value(None);
                    }
                    match met.code() {
                        Some(ErrorCode::ConversationMoved) => {
                            let messages = met.problem().map(|problem| problem.messages.clone());
                            desk.thread.put(messages.clone().unwrap_or_default());
                            unseen.try_set(messages.unwrap_or_default());
                            return;
                        }
                        Some(ErrorCode::ConversationClosed) => {
                            notices.say("A colleague has closed this conversation.");
                            desk.refetch.run(());
                        }
                        // The choice was changed after a try that did arrive.
                        Some(ErrorCode::IdempotencyKeyReused) => {
                            key.try_set_value(new_idempotency_key());
                            desk.refetch.run(());
                        }
                        _ => {}
                    }
                    let field = met.problem().and_then(|problem| {
                        problem
                            .field("note")
                            .or_else(|| problem.field("closure_reason_id"))
                            .map(str::to_owned)
                    });
                    fault.try_set(Some(field.unwrap_or_else(|| met.words())));
                }
            }
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        close(desk.thread.seen.get_untracked());
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
                        aria-invalid=move || fault.with(Option::is_some).to_string()
                        aria-describedby="closing-fault"
                    >
                        <option value="">"Choose a reason"</option>
                        {options.collect_view()}
                    </select>
                </label>
                <p id="closing-fault" role="alert" class="text-sm text-red-700 dark:text-red-300 empty:hidden">
                    {move || fault.get()}
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
                {moved(unseen, HELD, anyway, back)}
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
            Some(Err(fault)) => failed(fault, Callback::new(move |()| fetch())),
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
