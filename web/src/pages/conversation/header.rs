//! The page's header: the customer, how and when the conversation started, and a link to the previous one.

use leptos::prelude::*;
use shared::conversation::{ConversationStatus, Origin};

use super::{
    ConversationContext,
    assignment::{assignment, assignment_note},
    attention::AttentionBanner,
    snooze::{snooze_banner, snooze_button},
};
use crate::{
    components::{
        avatar::customer_avatar,
        heading::Heading,
        person::{isolated, title},
        timestamp::date_and_time,
    },
    language::t,
    time_zone::Zone,
};

/// The header.
#[component]
pub(super) fn Header(context: ConversationContext, zone: Zone) -> impl IntoView {
    // A number stays on one line.
    let text = context.read(|detail| {
        let number = detail.conversation.number.display();
        title(&detail.conversation).replace(&number, &number.replace(' ', "\u{a0}"))
    });
    let is_pending = context.read(|detail| detail.conversation.status == ConversationStatus::Pending);
    // None of this ever changes.
    let started = context.detail.with_untracked(|detail| {
        detail.as_ref().map(|detail| {
            let origin = match detail.conversation.origin {
                Origin::Inbound => t!("Started by an inbound message"),
                Origin::Outbound => t!("Started by an outbound message"),
            };
            let opened = date_and_time(detail.conversation.opened_at, &zone);
            let previous = detail.conversation.previous_id.map(|previous| {
                view! {
                    " · "
                    <a href=format!("/conversations/{previous}") class="link">
                        {t!("Previous conversation")}
                    </a>
                }
            });
            view! { {origin} " · " {opened} " · " {isolated(&detail.team.name).into_owned()} {previous} }
        })
    });
    let avatar = context
        .detail
        .with_untracked(|detail| detail.as_ref().map(|detail| customer_avatar(&detail.conversation)));
    view! {
        <div class="lg:col-span-2 xl:col-span-1 xl:px-4 xl:py-2.5">
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
                {avatar}
                <div class="min-w-0 flex-1 basis-48">
                    <Heading text=text class="text-xl/6 font-semibold" />
                    <p class="text-xs text-quiet">
                        {started}
                        {move || is_pending.get().then(|| format!(" · {}", t!("Awaiting reply")))}
                    </p>
                </div>
                {assignment(context)}
                {snooze_button(context)}
            </div>
            <AttentionBanner context />
            {snooze_banner(context, zone)}
            {assignment_note(context)}
        </div>
    }
}
