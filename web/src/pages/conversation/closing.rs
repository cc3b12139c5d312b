//! The form that closes the conversation, with a reason and an optional note. Closing cannot be undone, so no single
//! key does it.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    ErrorCode,
    closure::{ClosureReason, MAX_NOTE_CHARACTERS, NewClosure},
    conversation::ConversationDetail,
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
        form::{Form, hint_and_error},
        notices::{Notices, use_notices},
        placeholder::{failed, skeleton},
    },
    keys::focus_if_lost,
    language::{marked, plural, t},
    tasks::TaskScope,
};

/// Texts shown when a closure is held.
const HELD: HeldTexts = HeldTexts {
    title: marked!("Not closed yet: new messages arrived."),
    anyway: marked!("Close anyway"),
    back: marked!("Keep open"),
};

/// The "Close conversation" section.
#[component]
pub(super) fn Closing(context: ConversationContext) -> impl IntoView {
    let reasons = RwSignal::new(None::<Result<Vec<ClosureReason>, RequestError>>);
    let scope = TaskScope::current();
    let fetch = move || {
        let team = context.detail.with_untracked(|detail| detail.as_ref().map(|detail| detail.team.id));
        scope.spawn(async move {
            let Some(team) = team else { return };
            let response = context.client.list_closure_reasons(team).await;
            reasons.try_set(Some(response));
        });
    };
    fetch();
    let state = ClosingState::new(context);
    let body = move || {
        reasons.with(|reasons| match reasons {
            None => skeleton(2),
            Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
            Some(Ok(reasons)) => closing_form(state, reasons),
        })
    };
    view! {
        <section
            aria-labelledby="closing"
            class="rounded-box border border-edge p-4 xl:max-h-[60%] xl:shrink-0 xl:overflow-y-auto xl:rounded-none xl:border-x-0 xl:border-b-0"
        >
            <h2 id="closing" class="mb-2 text-sm font-semibold">{t!("Close conversation")}</h2>
            // The height of the form, so that nothing moves when the reasons arrive.
            <div class="min-h-63">{move || body()}</div>
        </section>
    }
}

/// The state of the form.
#[derive(Clone, Copy)]
struct ClosingState {
    context: ConversationContext,
    notices: Notices,
    form: Form,
    reason: NodeRef<html::Select>,
    note: NodeRef<html::Textarea>,
    idempotency_key: StoredValue<String>,
    /// Messages that hold the closure because the agent has not seen them.
    held_by: RwSignal<Vec<Message>>,
    /// Last seen message of an attempt that got no response. A retry sends the same request, so that its idempotency
    /// key matches.
    attempted: StoredValue<Option<MessageId>>,
}

impl ClosingState {
    fn new(context: ConversationContext) -> Self {
        Self {
            context,
            notices: use_notices(),
            form: Form::new(),
            reason: NodeRef::new(),
            note: NodeRef::new(),
            idempotency_key: StoredValue::new(new_idempotency_key()),
            held_by: RwSignal::new(Vec::new()),
            attempted: StoredValue::new(None),
        }
    }

    /// Closes the conversation. `last_seen` is the newest message that the agent has seen.
    fn close(self, last_seen: Option<MessageId>) {
        let (Some(reason), Some(note)) = (self.reason.get_untracked(), self.note.get_untracked()) else {
            return;
        };
        let Ok(closure_reason_id) = reason.value().parse::<ClosureReasonId>() else {
            self.form.set_error(RequestError::in_field("closure_reason_id", t!("Choose a reason.")));
            let _ = reason.focus();
            return;
        };
        if self.form.busy.get_untracked() {
            return;
        }
        self.held_by.set(Vec::new());
        let note = Some(note.value().trim().to_owned()).filter(|note| !note.is_empty());
        // 0 if the agent has seen no message: the server then holds the closure and returns the messages.
        let last_seen_message_id = self.attempted.get_value().or(last_seen).or(Some(MessageId(0)));
        self.attempted.set_value(last_seen_message_id);
        let closure = NewClosure { closure_reason_id, note, last_seen_message_id };
        let (client, id, key) = (self.context.client, self.context.id, self.idempotency_key.get_value());
        let request = async move { client.create_closure(id, &closure, &key).await };
        self.form.send_detached(request, move |response| match response {
            Ok(detail) => {
                self.closed(detail);
                Ok(())
            }
            Err(error) => self.refused(error),
        });
    }

    fn closed(self, detail: ConversationDetail) {
        self.notices.info(t!("The conversation is closed."));
        self.context.show(detail);
        focus_if_lost("#closed");
    }

    /// Handles a closure that was refused, and returns the error to show.
    fn refused(self, error: RequestError) -> Result<(), RequestError> {
        if self.form.is_disposed() {
            match error.code() {
                Some(ErrorCode::ConversationMoved) => self.notices.link(
                    t!("Not closed yet: new messages arrived.").to_owned(),
                    format!("/conversations/{}", self.context.id),
                ),
                _ => self.notices.error(&error),
            }
            return Ok(());
        }
        let Some(problem) = error.problem() else { return Err(error) };
        self.attempted.set_value(None);
        match problem.code {
            ErrorCode::ConversationMoved => {
                let messages = problem.messages()?;
                self.context.thread.merge(messages.clone());
                self.held_by.set(messages);
                return Ok(());
            }
            ErrorCode::ConversationClosed => {
                self.notices.info(t!("A colleague has closed this conversation."));
                self.context.refetch.try_run(());
            }
            // An earlier attempt did arrive, with another reason or note.
            ErrorCode::IdempotencyKeyReused => {
                self.idempotency_key.set_value(new_idempotency_key());
                self.context.refetch.try_run(());
            }
            _ => {}
        }
        Err(error)
    }
}

fn closing_form(state: ClosingState, reasons: &[ClosureReason]) -> AnyView {
    let ClosingState { context, form, held_by, .. } = state;
    let options = reasons.iter().map(|reason| {
        view! { <option value=reason.id.to_string()>{reason.name.clone()}</option> }
    });
    let (reason_error, note_error) = (form.field_error("closure_reason_id"), form.field_error("note"));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        state.close(context.thread.seen.get_untracked());
    };
    let anyway = Callback::new(move |newest| state.close(newest));
    let back = Callback::new(move |()| {
        if let Some(note) = state.note.get_untracked() {
            let _ = note.focus();
        }
    });
    view! {
        <form class="flex flex-col gap-3" novalidate on:submit=submit>
            <div class="flex flex-col gap-1">
                <label class="flex flex-col gap-1">
                    <span class="text-sm font-medium">{t!("Reason")}</span>
                    <select
                        node_ref=state.reason
                        class="select w-full"
                        required
                        data-close-section=""
                        aria-invalid=move || reason_error.with(Option::is_some).to_string()
                        aria-describedby="error-closure-reason"
                    >
                        <option value="">{t!("Choose a reason")}</option>
                        {options.collect_view()}
                    </select>
                </label>
                {hint_and_error("error-closure-reason".to_owned(), "", reason_error)}
            </div>
            <div class="flex flex-col gap-1">
                <label class="flex flex-col gap-1">
                    <span class="text-sm font-medium">{t!("Note")}</span>
                    <textarea
                        node_ref=state.note
                        class="textarea w-full"
                        dir="auto"
                        rows="2"
                        maxlength=MAX_NOTE_CHARACTERS.to_string()
                        aria-invalid=move || note_error.with(Option::is_some).to_string()
                        aria-describedby="error-closure-note"
                    ></textarea>
                </label>
                {hint_and_error("error-closure-note".to_owned(), "", note_error)}
            </div>
            {form.error()}
            {held_notice(held_by, HELD, anyway, back)}
            <p class="text-sm font-medium text-warm empty:hidden">{move || cancelled(context.thread.scheduled())}</p>
            <button class="btn btn-danger" aria-disabled=move || form.busy.get().to_string()>
                {move || if form.busy.get() { t!("Closing…") } else { t!("Close conversation") }}
            </button>
        </form>
    }
    .into_any()
}

/// Says how many scheduled messages the closure cancels.
fn cancelled(count: usize) -> Option<String> {
    match count {
        0 => None,
        _ => Some(plural!(
            count,
            "Closing cancels the scheduled message.",
            "Closing cancels {count} scheduled messages.",
        )),
    }
}
