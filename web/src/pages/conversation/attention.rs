//! The banner above the thread that shows why the conversation needs attention. For a possible opt-out, the agent opts
//! the customer out or dismisses the banner.

use leptos::prelude::*;
use shared::conversation::{Action, AttentionCode};

use super::ConversationContext;
use crate::{
    api::RequestError,
    components::{form::Form, notices::use_notices, when::when},
    keys::focus_if_lost,
    language::{received, t},
};

/// The banner, if the conversation needs attention.
#[component]
pub(super) fn AttentionBanner(context: ConversationContext) -> impl IntoView {
    // The thread shows undelivered messages, and the notice in place of the composer shows an opt-out.
    let attention = context.read(|detail| {
        let attention = detail.conversation.attention.clone();
        let is_shown_elsewhere = |code| matches!(code, AttentionCode::NotDelivered | AttentionCode::OptedOut);
        attention.filter(|attention| !is_shown_elsewhere(attention.code))
    });
    let may_decide = context.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    move || {
        attention.get().map(|attention| {
            let is_possible = attention.code == AttentionCode::PossibleOptOut;
            view! {
                <div class="alert alert-warning mt-2 flex flex-wrap items-center gap-x-3 gap-y-2 py-2">
                    <p class="min-w-0 flex-1 basis-60">{received(&attention.text)}</p>
                    {when(move || is_possible && may_decide.get(), move || opt_out_decision(context))}
                </div>
            }
        })
    }
}

fn opt_out_decision(context: ConversationContext) -> AnyView {
    let ConversationContext { client, id, .. } = context;
    let notices = use_notices();
    let form = Form::new();
    // Errors are notices, because a refetched conversation may have no banner.
    let done = move |response: Result<(), RequestError>, notice: &str| {
        match response {
            Ok(()) => notices.info(notice),
            Err(error) => notices.error(&error),
        }
        context.refetch.try_run(());
        focus_if_lost("h1");
        Ok(())
    };
    let opt_out = move |_| {
        form.send_detached(async move { client.create_opt_out(id).await }, move |response| {
            done(response, t!("The customer is opted out. Nothing more is sent to them."))
        });
    };
    let dismiss = move |_| {
        form.send_detached(async move { client.delete_attention(id).await }, move |response| {
            done(response, t!("Dismissed."))
        });
    };
    let is_busy = move || form.busy.get().to_string();
    view! {
        <div class="flex gap-2">
            <button type="button" class="btn btn-sm btn-primary" aria-disabled=is_busy on:click=opt_out>
                {t!("Opt out")}
            </button>
            <button type="button" class="btn btn-sm" aria-disabled=is_busy on:click=dismiss>
                {t!("Dismiss")}
            </button>
        </div>
    }
    .into_any()
}
