//! A scheduled or held message in the thread: dashed, with when it goes out, and what can be done with it.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    account::Permission,
    conversation::Action,
    ids::MessageId,
    message::{Message, MessageStatus},
};

use super::{
    ConversationContext,
    bubble::sender,
    undo::{Undoable, undo_line},
};
use crate::{
    api::{RequestError, new_idempotency_key},
    components::{
        avatar::avatar,
        form::Form,
        notices::{Notices, use_notices},
        when::when,
    },
    keys::focus_if_lost,
    session::use_session,
    time_zone::{Zone, iso8601},
};

/// What the page knows about its scheduled messages.
#[derive(Clone, Copy)]
pub(super) struct Scheduling {
    /// The message that the dialog changes.
    pub(super) editing: RwSignal<Option<Message>>,
    /// The messages that were sent from this page and could be taken back for some seconds.
    pub(super) undoable: RwSignal<Vec<Undoable>>,
}

impl Scheduling {
    pub(super) fn new() -> Self {
        Self { editing: RwSignal::new(None), undoable: RwSignal::new(Vec::new()) }
    }
}

/// Renders a scheduled or held message.
pub(super) fn scheduled_bubble(context: ConversationContext, message: Message, zone: &Zone) -> AnyView {
    let name = sender(&message);
    // Tracked: the event stream can bring the message before the response that makes it undoable.
    let undoable = context.scheduling.undoable.with(|all| {
        let is_held = message.status == MessageStatus::Held;
        all.iter().find(|undoable| undoable.message == message.id && !is_held).cloned()
    });
    let undoable = undoable.zip(message.send_at);
    let body = message.body.clone();
    let footer = match undoable {
        Some((undoable, send_at)) => undo_line(context, undoable, send_at),
        None => when_and_actions(context, message, zone),
    };
    view! {
        <div class="flex flex-row-reverse gap-2 py-1">
            <span class="mt-5 max-sm:hidden">{avatar(&name)}</span>
            <div class="max-w-[min(36rem,85%)] min-w-0">
                <div class="flex justify-end pb-0.5 text-xs">
                    <bdi class="font-medium wrap-anywhere">{name}</bdi>
                </div>
                <div
                    dir="auto"
                    class="ms-auto w-fit rounded-2xl rounded-tr-sm border border-dashed border-quiet px-3.5 py-2 text-sm wrap-anywhere whitespace-pre-wrap"
                >
                    {body}
                </div>
                <div class="flex flex-wrap items-center justify-end gap-x-2 gap-y-1 pt-1 text-right text-xs">{footer}</div>
            </div>
        </div>
    }
    .into_any()
}

/// "Goes out Fri 27 Nov 09:00", or why the message is held, and the buttons.
fn when_and_actions(context: ConversationContext, message: Message, zone: &Zone) -> AnyView {
    let at = message.send_at.unwrap_or(message.created_at);
    let (time, full, datetime) = (zone.day_and_time(at), zone.full(at), iso8601(at));
    let time = view! { <time class="whitespace-nowrap" datetime=datetime title=full>{time}</time> };
    let said = match message.status {
        MessageStatus::Held => view! {
            <span class="font-medium text-warm">
                "Not sent on " {time} ". The customer wrote after this was scheduled."
            </span>
        }
        .into_any(),
        _ => view! { <span class="text-quiet">"Goes out " {time}</span> }.into_any(),
    };
    view! {
        {said}
        {actions(context, message)}
    }
    .into_any()
}

fn actions(context: ConversationContext, message: Message) -> AnyView {
    // Also of a customer who has opted out, the message can be cancelled.
    if !use_session().me().is_some_and(|me| me.may(Permission::Reply)) {
        return ().into_any();
    }
    let may_reply = context.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let (form, notices) = (Form::new(), use_notices());
    let id = message.id;
    let message = StoredValue::new(message);
    let edit = move |_| context.scheduling.editing.set(Some(message.get_value()));
    let cancel = move |_| {
        form.send_detached(async move { context.client.delete_message(id).await }, move |response| {
            match response {
                Ok(()) => {
                    context.thread.remove(id);
                    notices.info("The message is cancelled. It is not sent.");
                    focus_if_lost("[aria-label=Message]");
                }
                Err(error) => refused(context, notices, id, &error),
            }
            Ok(())
        });
    };
    let key = new_idempotency_key();
    let send = move |_| {
        let (seen, key) = (context.thread.seen.get_untracked().unwrap_or(MessageId(0)), key.clone());
        let request = async move { context.client.send_message_now(id, seen, &key).await };
        form.send_detached(request, move |response| {
            match response {
                Ok(message) => {
                    context.thread.add_sent(message);
                    focus_if_lost("[aria-label=Message]");
                }
                Err(error) => refused(context, notices, id, &error),
            }
            Ok(())
        });
    };
    let is_busy = move || form.busy.get().to_string();
    let send = StoredValue::new_local(Box::new(send) as Box<dyn Fn(leptos::ev::MouseEvent)>);
    view! {
        <span class="flex gap-1">
            {when(
                move || may_reply.get(),
                move || {
                    view! {
                        <button type="button" class="btn btn-outline btn-xs" on:click=edit>
                            "Edit"
                        </button>
                        <button
                            type="button"
                            class="btn btn-outline btn-xs"
                            aria-disabled=is_busy
                            on:click=move |event| send.with_value(|send| send(event))
                        >
                            "Send now"
                        </button>
                    }
                    .into_any()
                },
            )}
            <button type="button" class="btn btn-outline btn-xs" aria-disabled=is_busy on:click=cancel>
                "Cancel message"
            </button>
        </span>
    }
    .into_any()
}

/// Shows why a message was not changed, cancelled or sent, and fetches what has happened to it.
pub(super) fn refused(context: ConversationContext, notices: Notices, id: MessageId, error: &RequestError) {
    match error.code() {
        Some(ErrorCode::NotFound) => {
            context.thread.remove(id);
            notices.info("A colleague has cancelled this message.");
        }
        Some(ErrorCode::ConversationMoved) => {
            notices.info("Nothing was sent or changed: new messages arrived. Read them, then try again.");
        }
        _ => notices.error(error),
    }
    context.refetch.try_run(());
}
