//! Who the conversation is with, how it began, and the one before it.

use leptos::prelude::*;
use shared::conversation::{ConversationStatus, Origin};

use super::{Desk, flagged::Flagged};
use crate::{
    components::{
        heading::Heading,
        moment::date_and_time,
        person::{isolated, title},
    },
    time_zone::Zone,
};

/// The page's head.
#[component]
pub(super) fn Header(desk: Desk, zone: Zone) -> impl IntoView {
    let text = desk.read(|detail| title(&detail.conversation));
    let is_pending = desk.read(|detail| detail.conversation.status == ConversationStatus::Pending);
    // What follows never changes.
    let begun = desk.detail.with_untracked(|detail| {
        detail.as_ref().map(|detail| {
            let origin = match detail.conversation.origin {
                Origin::Inbound => "Started by an inbound message",
                Origin::Outbound => "Started by an outbound message",
            };
            let opened = date_and_time(detail.conversation.opened_at, &zone);
            let previous = detail.conversation.previous_id.map(|previous| {
                view! {
                    " · "
                    <a href=format!("/conversations/{previous}") class="link">
                        "Previous conversation"
                    </a>
                }
            });
            view! { {origin} " · " {opened} " · " {isolated(&detail.team.name).into_owned()} {previous} }
        })
    });
    view! {
        <div>
            <Heading text=text />
            <p class="text-sm">
                {begun}
                {move || is_pending.get().then_some(" · Awaiting reply")}
            </p>
            <Flagged desk />
        </div>
    }
}
