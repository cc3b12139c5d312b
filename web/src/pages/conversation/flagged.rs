//! What needs the agent's attention, above the thread. At a possible opt-out, the agent opts the customer out or dismisses
//! it by one click.

use leptos::prelude::*;
use shared::conversation::{Action, Attention};

use super::Desk;
use crate::{
    api::Fault,
    components::{notices::use_notices, when::when},
    tasks::start,
};

/// The attention of the conversation, if it shows one.
#[component]
pub(super) fn Flagged(desk: Desk) -> impl IntoView {
    // The thread shows what was not delivered, and the composer's place shows an opt-out.
    let attention = desk.read(|detail| {
        let attention = detail.conversation.attention.clone();
        let is_shown_elsewhere = |code: &str| matches!(code, Attention::NOT_DELIVERED | Attention::OPTED_OUT);
        attention.filter(|attention| !is_shown_elsewhere(&attention.code))
    });
    let may_decide = desk.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    move || {
        attention.get().map(|attention| {
            let is_possible = attention.code == Attention::POSSIBLE_OPT_OUT;
            view! {
                <div class="alert alert-warning mt-2 flex flex-wrap items-center gap-x-3 gap-y-2 py-2">
                    <p class="min-w-0 flex-1 basis-60">{attention.text}</p>
                    {when(move || is_possible && may_decide.get(), move || decision(desk))}
                </div>
            }
        })
    }
}

fn decision(desk: Desk) -> AnyView {
    let notices = use_notices();
    let busy = RwSignal::new(false);
    let done = move |answer: Result<(), Fault>, words: &str| {
        busy.try_set(false);
        match answer {
            Ok(()) => notices.say(words),
            Err(fault) => notices.fault(&fault),
        }
        desk.refetch.try_run(());
    };
    let opt_out = move |_| {
        if !busy.get_untracked() {
            busy.set(true);
            start(async move {
                let answer = desk.client.create_opt_out(desk.id).await;
                done(answer, "The customer is opted out. Nothing more is sent to them.");
            });
        }
    };
    let dismiss = move |_| {
        if !busy.get_untracked() {
            busy.set(true);
            start(async move {
                let answer = desk.client.delete_attention(desk.id).await;
                done(answer, "Dismissed.");
            });
        }
    };
    let is_busy = move || busy.get().to_string();
    view! {
        <div class="flex gap-2">
            <button type="button" class="btn btn-sm btn-primary" aria-disabled=is_busy on:click=opt_out>
                "Opt out"
            </button>
            <button type="button" class="btn btn-sm" aria-disabled=is_busy on:click=dismiss>
                "Dismiss"
            </button>
        </div>
    }
    .into_any()
}
