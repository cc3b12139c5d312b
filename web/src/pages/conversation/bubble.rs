//! One message: who, when, what, and for ours whether it arrived, or why not.

use leptos::prelude::*;
use shared::message::{Direction, Media, Message, MessageStatus, SenderKind};

use crate::{components::moment::time_of_day, time_zone::Zone};

/// A message in the thread, with a `mark` beside its sender.
pub(super) fn bubble(message: ArcRwSignal<Message>, zone: Zone, mark: AnyView) -> AnyView {
    // Only the status and the reason of a failure ever change.
    let known = message.get_untracked();
    let (side, colours) = match known.direction {
        Direction::Inbound => ("chat-start", ""),
        Direction::Outbound => ("chat-end", "bg-primary/15 text-base-content"),
    };
    let footer = move || {
        message.with(|message| (message.direction == Direction::Outbound).then(|| status_line(message)))
    };
    view! {
        <div class=format!("chat {side} py-1")>
            <div class="chat-header text-xs text-base-content">
                <span class="font-medium">{sender(&known)}</span>
                {mark}
                {time_of_day(known.created_at, &zone)}
            </div>
            <div class=format!("chat-bubble {colours} max-w-[min(36rem,85%)] wrap-anywhere whitespace-pre-wrap")>
                {known.body.clone()}
                {known.media.iter().map(attachment).collect_view()}
            </div>
            {move || footer()}
        </div>
    }
    .into_any()
}

fn status_line(message: &Message) -> AnyView {
    let failed = message.status.is_failure();
    let reason = message.error.as_ref().map(|error| error.text.clone());
    view! {
        <div class="chat-footer flex max-w-[36rem] flex-col items-end text-right text-xs text-base-content">
            <span class=if failed { "badge badge-error badge-sm" } else { "" }>
                <span aria-hidden="true">{icon(message.status)}" "</span>
                <span>{message.status.as_str()}</span>
            </span>
            {reason.map(|reason| view! { <span class="mt-0.5">{reason}</span> })}
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

fn sender(message: &Message) -> String {
    let name = message.sender.name.clone().filter(|name| !name.is_empty());
    match message.sender.kind {
        SenderKind::Customer => name.unwrap_or_else(|| "Customer".to_owned()),
        SenderKind::Account => name.unwrap_or_else(|| "Agent".to_owned()),
        SenderKind::ApiKey => format!("{} (API)", name.unwrap_or_else(|| "Integration".to_owned())),
        SenderKind::System => "SMS Chat".to_owned(),
    }
}

fn attachment(media: &Media) -> AnyView {
    let text = format!("Attachment ({})", media.content_type);
    // The address came from outside: only web addresses become links.
    if media.url.starts_with("https://") || media.url.starts_with("http://") {
        view! {
            <a class="link block" href=media.url.clone() target="_blank" rel="noopener noreferrer">
                {text}
            </a>
        }
        .into_any()
    } else {
        view! { <span class="block">{text}</span> }.into_any()
    }
}
