//! The dialog that changes the text and the time of a scheduled or held message.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{
    ids::MessageId,
    message::{Message, ScheduledMessageChange},
};

use super::{
    ConversationContext,
    schedule::{chosen, time_input},
    scheduled::refused,
    times::input_value,
};
use crate::{
    clock::now,
    components::{
        dialog::Dialog,
        form::{Field, Form},
        notices::use_notices,
    },
    language::t,
    time_zone::Zone,
};

/// The dialog, while a message is being changed.
pub(super) fn edit_dialog(context: ConversationContext, zone: Zone) -> AnyView {
    let editing = context.scheduling.editing;
    let close = Callback::new(move |()| editing.set(None));
    let dialog = move || {
        editing.get().map(|message| {
            let content = edit_form(context, message, zone.clone(), close);
            view! { <Dialog title=t!("Change the message").to_owned() close>{content}</Dialog> }
        })
    };
    view! { {dialog} }.into_any()
}

fn edit_form(context: ConversationContext, message: Message, zone: Zone, close: Callback<()>) -> AnyView {
    let (form, notices) = (Form::new(), use_notices());
    let id = message.id;
    // The time of a held message is past, so the agent chooses another.
    let at =
        message.send_at.filter(|at| *at > now()).map(|at| input_value(zone.local(at))).unwrap_or_default();
    let (body, at, error) = (RwSignal::new(message.body), RwSignal::new(at), RwSignal::new(""));
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let send_at = match chosen(&at.get_untracked(), &zone) {
            Ok(send_at) => send_at,
            Err(reason) => return error.set(reason),
        };
        let seen = context.thread.seen.get_untracked().unwrap_or(MessageId(0));
        let change =
            ScheduledMessageChange { body: body.get_untracked(), send_at, last_seen_message_id: Some(seen) };
        let request = async move { context.client.update_message(id, &change).await };
        form.send_and_handle(request, move |response| match response {
            Ok(message) => {
                context.thread.merge(vec![message]);
                close.run(());
                Ok(())
            }
            Err(error) if error.problem().is_some_and(|problem| !problem.errors.is_empty()) => Err(error),
            Err(error) => {
                close.run(());
                refused(context, notices, id, &error);
                Ok(())
            }
        });
    };
    view! {
        <form class="flex flex-col gap-4" novalidate on:submit=save>
            {form.text_area(Field::text("body", t!("Message"), body))}
            <div class="flex flex-col gap-1">{time_input(context, "change-error", at, error)}</div>
            {form.error()}
            {form.actions(close, t!("Save"))}
        </form>
    }
    .into_any()
}
