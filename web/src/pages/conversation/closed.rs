//! The banner of a closed conversation, in place of the composer: who closed it, when and why, and any unsent draft.

use leptos::prelude::*;

use super::{
    ConversationContext,
    reply::{delete_draft, stored_text},
};
use crate::{
    components::{timestamp::date_and_time, when::when},
    session::use_session,
    time_zone::Zone,
};

/// "Closed by Ann on 22 Nov 10:02 · Payment arranged · note"
#[component]
pub(super) fn ClosedBanner(context: ConversationContext, zone: Zone) -> impl IntoView {
    let account = use_session().account();
    let unsent = RwSignal::new(stored_text(account, context.id));
    let discard = move |_| {
        delete_draft(account, context.id);
        unsent.set(String::new());
    };
    let closure = context.read(|detail| detail.closure.clone());
    let summary = move || {
        closure.get().map(|closure| {
            view! {
                <p class="min-w-0 wrap-anywhere">
                    <strong>
                        "Closed by " <bdi>{closure.closed_by}</bdi> " on " {date_and_time(closure.closed_at, &zone)} " · "
                        {closure.closure_reason}
                    </strong>
                    {closure.note.map(|note| view! { " · " {note} })}
                </p>
            }
        })
    };
    let next = context.read(|detail| detail.next_id);
    let unsent_notice = when(
        move || unsent.with(|text| !text.is_empty()),
        move || {
            view! {
                <div class="alert alert-warning mt-2 flex items-start justify-between gap-3">
                    <p class="min-w-0 wrap-anywhere whitespace-pre-wrap">
                        <strong>"Not sent: "</strong>
                        {unsent}
                    </p>
                    <button type="button" class="btn btn-sm" on:click=discard>
                        "Discard"
                    </button>
                </div>
            }
            .into_any()
        },
    );
    view! {
        <div id="closed" tabindex="-1" class="alert mt-3 flex flex-col items-start gap-1 outline-none" role="status">
            {move || summary()}
            <p class="text-sm">"This conversation is read-only. A new message from the customer starts another one."</p>
            {move || {
                next.get().map(|next| {
                    view! {
                        <a href=format!("/conversations/{next}") class="link text-sm">
                            "Next conversation with this customer"
                        </a>
                    }
                })
            }}
        </div>
        {unsent_notice}
    }
}
