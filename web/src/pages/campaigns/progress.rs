//! A started campaign: its progress, the buttons that pause, resume and cancel it, and its results.

use leptos::prelude::*;
use shared::campaign::{CampaignAction, CampaignState, CampaignStateChange};

use super::campaign::CampaignContext;
use crate::{
    api::campaign_results,
    components::{
        confirmation::{Confirmation, confirm},
        counts::count,
        download::download,
        when::when,
    },
    language::{received, t},
};

/// The section.
pub(super) fn progress(context: CampaignContext) -> AnyView {
    let zone = context.zone();
    let done = context.read(|campaign| campaign.queued + campaign.refused);
    let rows = context.read(|campaign| campaign.rows);
    let counts = move || {
        let Some(campaign) = context.campaign.get() else { return ().into_any() };
        let left = campaign.rows - campaign.queued - campaign.refused;
        let counts = [
            (t!("Rows"), campaign.rows),
            (t!("Sent"), campaign.queued),
            (t!("Refused"), campaign.refused),
            (t!("Left"), left),
            (t!("Per minute"), i64::from(campaign.pace)),
        ];
        counts.map(count).collect_view().into_any()
    };
    let note = move || {
        context.campaign.with(|campaign| {
            let campaign = campaign.as_ref()?;
            if let Some(reason) = &campaign.pause_reason {
                return Some(t!("It has paused: {reason}", reason = received(reason)));
            }
            let starts_at = campaign.starts_at.filter(|_| campaign.is_waiting())?;
            Some(t!("It starts on {date}.", date = zone.day_and_clock_time(starts_at)))
        })
    };
    let body = context.read(|campaign| campaign.body.clone());
    view! {
        <section aria-label=t!("Progress") class="flex max-w-3xl flex-col gap-4 rounded-box border border-base-300 p-4">
            <progress
                class="progress progress-primary w-full"
                aria-label=t!("Rows with a result")
                max=move || rows.get().to_string()
                value=move || done.get().to_string()
            ></progress>
            <dl class="grid grid-cols-2 gap-3 sm:grid-cols-5">{counts}</dl>
            <p role="status" class="font-medium wrap-anywhere empty:hidden">{note}</p>
            <div class="flex flex-wrap items-center gap-2">
                {actions(context)}
                {download(
                    campaign_results(context.id),
                    "btn",
                    t!("Download the results"),
                    t!("the result of each row, as CSV"),
                )}
            </div>
            <div>
                <h2 class="text-sm font-semibold">{t!("Text")}</h2>
                <p dir="auto" class="mt-1 rounded-box bg-base-200 px-3 py-2 wrap-anywhere whitespace-pre-wrap">{body}</p>
            </div>
        </section>
    }
    .into_any()
}

fn actions(context: CampaignContext) -> AnyView {
    let state = context.read(|campaign| Some(campaign.state));
    let is_cancelling = RwSignal::new(false);
    let button = move |text: &'static str, class: &'static str, act: Callback<()>| {
        view! { <button type="button" class=class on:click=move |_| act.run(())>{text}</button> }.into_any()
    };
    let run = Callback::new(move |()| context.act(CampaignAction::Run));
    let pause = Callback::new(move |()| context.act(CampaignAction::Pause));
    let cancel = Callback::new(move |()| is_cancelling.set(true));
    let shown = move || match state.get() {
        Some(CampaignState::Running) => {
            vec![button(t!("Pause"), "btn btn-primary", pause), button(t!("Cancel campaign"), "btn", cancel)]
        }
        Some(CampaignState::Paused) => {
            vec![button(t!("Resume"), "btn btn-primary", run), button(t!("Cancel campaign"), "btn", cancel)]
        }
        _ => Vec::new(),
    };
    view! {
        {shown}
        {when(move || is_cancelling.get(), move || {
            let confirmation = Confirmation {
                title: t!("Cancel the campaign?").to_owned(),
                text: t!("The rows that are left are not sent. This cannot be undone; to stop for a while, pause it."),
                button: t!("Cancel campaign"),
                is_dangerous: true,
            };
            let close = Callback::new(move |()| is_cancelling.set(false));
            let request = move || async move {
                let change = CampaignStateChange { action: CampaignAction::Cancel, starts_at: None };
                let cancelled = context.client.update_campaign_state(context.id, &change, &context.version()).await?;
                context.show(cancelled);
                Ok(())
            };
            confirm(confirmation, close, request, close)
        })}
    }
    .into_any()
}
