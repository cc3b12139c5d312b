//! One message: who, when, what, and for ours whether it arrived, or why not.

use leptos::prelude::*;
use shared::message::{Direction, Message, MessageStatus, SenderKind};

use super::{Desk, again::send_again, media::attachment};
use crate::{
    components::{moment::time_of_day, when::when},
    time_zone::Zone,
};

/// A message in the thread.
pub(super) fn bubble(desk: Desk, message: ArcRwSignal<Message>, zone: &Zone) -> AnyView {
    // Only the status and the reason of a failure ever change.
    let known = message.get_untracked();
    let (side, colours) = match known.direction {
        Direction::Inbound => ("chat-start", ""),
        Direction::Outbound => ("chat-end", "bg-primary/15 text-base-content"),
    };
    let footer = move || message.with(|message| footer(desk, message));
    let (sender, at) = (sender(&known), known.created_at);
    let is_previous = move || desk.thread.previous_until.get().is_some_and(|until| at < until);
    let media = known.media.iter().map(|media| attachment(desk.client, media, &sender)).collect_view();
    view! {
        <div class=format!("chat {side} py-1")>
            <div class="chat-header text-xs text-base-content">
                <bdi class="font-medium wrap-anywhere">{sender}</bdi>" "
                {when(is_previous, previous_holder)}
                {time_of_day(known.created_at, zone)}
            </div>
            <div
                dir="auto"
                class=format!("chat-bubble {colours} max-w-[min(36rem,85%)] wrap-anywhere whitespace-pre-wrap")
            >
                {known.body} {media}
            </div>
            {footer}
        </div>
    }
    .into_any()
}

fn previous_holder() -> AnyView {
    view! { <span class="badge badge-warning badge-sm mx-1">"Previous holder"</span> }.into_any()
}

fn footer(desk: Desk, message: &Message) -> AnyView {
    match message.direction {
        Direction::Inbound if message.recovered => view! {
            <div
                class="chat-footer text-xs text-base-content"
                title="The gateway did not report this message at once. The time shows when it was sent."
            >
                "Arrived late: the gateway did not report it at once"
            </div>
        }
        .into_any(),
        Direction::Inbound => ().into_any(),
        Direction::Outbound => status_line(desk, message),
    }
}

fn status_line(desk: Desk, message: &Message) -> AnyView {
    let failed = message.status.is_failure();
    let reason = message.error.as_ref().map(|error| error.text.clone());
    view! {
        <div class="chat-footer flex max-w-[36rem] flex-col items-end text-right text-xs text-base-content">
            <span class=if failed { "badge badge-error badge-sm" } else { "" }>
                <span aria-hidden="true">{icon(message.status)}" "</span>
                <span>{if failed { "not delivered" } else { message.status.as_str() }}</span>
            </span>
            {reason.map(|reason| view! { <span class="mt-0.5">{reason}</span> })}
            {failed.then(|| send_again(desk, message))}
        </div>
    }
    .into_any()
}

fn icon(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Received => "",
        MessageStatus::Queued => "○",
        MessageStatus::Sending => "↑",
        MessageStatus::Sent => "✓",
        MessageStatus::Delivered => "✓✓",
        MessageStatus::Undelivered | MessageStatus::Failed => "✕",
    }
}

/// The sender's name to show.
pub(super) fn sender(message: &Message) -> String {
    let name = message.sender.name.clone().filter(|name| !name.is_empty());
    match message.sender.kind {
        SenderKind::Customer => name.unwrap_or_else(|| "Customer".to_owned()),
        SenderKind::Account => name.unwrap_or_else(|| "Agent".to_owned()),
        SenderKind::ApiKey => format!("{} (API)", name.unwrap_or_else(|| "Integration".to_owned())),
        SenderKind::System => "SMS Chat".to_owned(),
    }
}
