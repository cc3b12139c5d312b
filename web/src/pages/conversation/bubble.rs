//! One message in the thread: sender, time, text and, for outbound messages, the delivery status or the failure reason.
//! A note is yellow and has the full width.

use leptos::prelude::*;
use shared::message::{Direction, Message, MessageStatus, SenderKind};

use super::{ConversationContext, media::attachment, resend::resend_button};
use crate::{
    components::{
        avatar::{avatar, customer_avatar},
        timestamp::time_of_day,
        when::when,
    },
    language::{received, t},
    time_zone::Zone,
};

/// Renders a message.
pub(super) fn bubble(context: ConversationContext, message: ArcRwSignal<Message>, zone: &Zone) -> AnyView {
    // Only the status and the failure reason change, and only the footer shows them.
    let initial = message.get_untracked();
    if initial.direction == Direction::Note {
        return note(initial, zone);
    }
    let is_inbound = initial.direction == Direction::Inbound;
    let (side, header, bubble) = if is_inbound {
        ("flex gap-2 py-1", "flex flex-wrap items-baseline gap-x-1.5 pb-0.5", "rounded-tl-sm bg-panel")
    } else {
        (
            "flex flex-row-reverse gap-2 py-1",
            "flex flex-wrap items-baseline justify-end gap-x-1.5 pb-0.5",
            "ms-auto rounded-tr-sm bg-mine",
        )
    };
    let footer = move || message.with(|message| footer(context, message));
    let (sender, at) = (sender(&initial), initial.created_at);
    // The customer's avatar is that of the page's header, also when the message has no name.
    let avatar = if is_inbound {
        context
            .detail
            .with_untracked(|detail| detail.as_ref().map(|detail| customer_avatar(&detail.conversation)))
    } else {
        Some(avatar(&sender))
    };
    let is_previous = move || context.thread.previous_until.get().is_some_and(|until| at < until);
    let media = initial.media.iter().map(|media| attachment(context.client, media, &sender)).collect_view();
    view! {
        <div class=side>
            <span class="mt-5 max-sm:hidden">{avatar}</span>
            <div class="max-w-[min(36rem,85%)] min-w-0">
                <div class=format!("{header} text-xs")>
                    <bdi class="font-medium wrap-anywhere">{sender}</bdi>
                    {when(is_previous, previous_holder_badge)}
                    <span class="text-quiet">{time_of_day(initial.created_at, zone)}</span>
                </div>
                <div
                    dir="auto"
                    class=format!("w-fit rounded-2xl px-3.5 py-2 text-sm wrap-anywhere whitespace-pre-wrap {bubble}")
                >
                    {initial.body} {media}
                </div>
                {footer}
            </div>
        </div>
    }
    .into_any()
}

fn note(note: Message, zone: &Zone) -> AnyView {
    view! {
        <div class="my-1 rounded-box border border-note-edge bg-note px-3 py-2">
            <p class="text-xs">
                <strong>{t!("Note")}</strong>
                " · "
                <bdi class="font-medium wrap-anywhere">{sender(&note)}</bdi>
                " "
                {time_of_day(note.created_at, zone)}
            </p>
            <p dir="auto" class="wrap-anywhere whitespace-pre-wrap">
                {note.body}
            </p>
        </div>
    }
    .into_any()
}

fn previous_holder_badge() -> AnyView {
    view! { <span class="badge badge-warning badge-sm">{t!("Previous holder")}</span> }.into_any()
}

fn footer(context: ConversationContext, message: &Message) -> AnyView {
    match message.direction {
        Direction::Inbound if message.recovered => view! {
            <div
                class="pt-0.5 text-xs text-quiet"
                title=t!("The gateway did not report this message at once. The time shows when it was sent.")
            >
                {t!("Arrived late: the gateway did not report it at once")}
            </div>
        }
        .into_any(),
        Direction::Inbound | Direction::Note => ().into_any(),
        Direction::Outbound => status_line(context, message),
    }
}

fn status_line(context: ConversationContext, message: &Message) -> AnyView {
    let failed = message.status.is_failure();
    let reason = message.error.as_ref().map(|error| received(&error.text));
    view! {
        <div class="flex flex-col items-end pt-0.5 text-right text-xs">
            <span class=if failed { "font-medium text-failed" } else { "text-quiet" }>
                <span aria-hidden="true">{tick(message.status)}" "</span>
                <span>{if failed { t!("not delivered").to_owned() } else { received(message.status.as_str()) }}</span>
            </span>
            {reason.map(|reason| view! { <span class="mt-0.5">{reason}</span> })}
            // Earlier conversations are read-only.
            {(failed && message.conversation_id == context.id).then(|| resend_button(context, message))}
        </div>
    }
    .into_any()
}

fn tick(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Received => "",
        // `scheduled` draws these.
        MessageStatus::Scheduled | MessageStatus::Held => "",
        MessageStatus::Queued => "○",
        MessageStatus::Sending => "↑",
        MessageStatus::Sent => "✓",
        MessageStatus::Delivered => "✓✓",
        MessageStatus::Undelivered | MessageStatus::Failed => "✕",
    }
}

/// Returns the sender's name as shown on screen.
pub(super) fn sender(message: &Message) -> String {
    let name = message.sender.name.clone().filter(|name| !name.is_empty());
    match message.sender.kind {
        SenderKind::Customer => name.unwrap_or_else(|| t!("Customer").to_owned()),
        SenderKind::Account => name.unwrap_or_else(|| t!("Agent").to_owned()),
        SenderKind::ApiKey => t!("{name} (API)", name = name.unwrap_or_else(|| t!("Integration").to_owned())),
        SenderKind::System => "SMS Chat".to_owned(),
    }
}
