//! Campaigns: the list, and the form that makes one from a file.

pub(crate) mod campaign;
mod draft;
mod preview;
mod progress;
mod start;
mod upload;

use leptos::prelude::*;
use shared::campaign::{Campaign, CampaignState};

use self::upload::upload_form;
use crate::{
    api::RequestError,
    components::{
        heading::Heading,
        more_button::more_button,
        notices::use_notices,
        permission::for_campaigns,
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
    },
    language::{marked, number, t},
    session::{use_client, use_session},
    tasks::TaskScope,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Name"), ""),
    (marked!("Team"), "w-[18%]"),
    (marked!("State"), "w-28"),
    (marked!("Progress"), "w-36"),
    (marked!("Created"), "w-36 lg:w-44"),
    (marked!("By"), "w-[16%]"),
];

/// The page `/campaigns`.
pub(crate) fn campaigns_page() -> AnyView {
    for_campaigns(t!("Campaigns"), page)
}

fn page() -> AnyView {
    let (client, notices) = (use_client(), use_notices());
    let rows = RwSignal::new(None::<Vec<Campaign>>);
    let cursor = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<RequestError>);
    let busy = RwSignal::new(false);
    let scope = TaskScope::current();
    let fetch = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        scope.spawn(async move {
            let from = cursor.get_untracked();
            let page = client.list_campaigns(from.as_deref()).await;
            busy.try_set(false);
            match page {
                Ok(page) => {
                    cursor.try_set(page.next_cursor);
                    rows.try_update(|rows| rows.get_or_insert_default().extend(page.items));
                }
                Err(error) if from.is_some() => notices.error(&error),
                Err(new_error) => {
                    error.try_set(Some(new_error));
                }
            }
        });
    };
    fetch();
    let any_rows = Memo::new(move |_| rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let list = move || match any_rows.get() {
        None => match error.get() {
            Some(error) => failed(&error, Callback::new(move |()| fetch())),
            None => skeleton(3),
        },
        Some(false) => empty(t!("No campaigns yet")),
        Some(true) => table(rows),
    };
    view! {
        <Heading text=t!("Campaigns") />
        <p class="mt-1 mb-4 max-w-prose text-sm">
            {t!("A message to each row of a CSV file. A conversation appears in the queue when its customer replies.")}
        </p>
        {upload_form()}
        <h2 class="mt-6 mb-2 font-semibold">{t!("All campaigns")}</h2>
        {list}
        {more_button(move || cursor.with(Option::is_some), busy, None, Callback::new(move |()| fetch()))}
    }
    .into_any()
}

fn table(rows: RwSignal<Option<Vec<Campaign>>>) -> AnyView {
    view! {
        <table role="table" aria-label=t!("All campaigns") class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>
                {move || rows.with(|rows| rows.iter().flatten().map(row).collect_view())}
            </tbody>
        </table>
    }
    .into_any()
}

fn row(campaign: &Campaign) -> AnyView {
    let team =
        use_session().me().and_then(|me| me.teams.into_iter().find(|team| team.id == campaign.team_id));
    let zone = Zone::new(team.as_ref().map_or("UTC", |team| &team.time_zone));
    let team = team.map_or_else(String::new, |team| team.name);
    let name = campaign.name.clone();
    let link = view! {
        <a href=format!("/campaigns/{}", campaign.id) class="link font-medium" data-row-link="">
            <bdi class="wrap-anywhere">{name}</bdi>
        </a>
    };
    let sent = t!(
        "{done} of {rows}",
        done = number(campaign.queued + campaign.refused),
        rows = number(campaign.rows)
    );
    view! {
        <tr role="row" class=ROW>
            {cell("Name", link)}
            {cell("Team", view! { <bdi>{team}</bdi> })}
            {cell("State", state_name(campaign))}
            {cell("Progress", view! { <span class="tabular-nums">{sent}</span> })}
            {cell("Created", date_and_time(campaign.created_at, &zone))}
            {cell("By", view! { <bdi>{campaign.created_by.clone()}</bdi> })}
        </tr>
    }
    .into_any()
}

/// Returns the state in plain words.
fn state_name(campaign: &Campaign) -> &'static str {
    match campaign.state {
        CampaignState::Draft => t!("Draft"),
        CampaignState::Running if campaign.is_waiting() => t!("Scheduled"),
        CampaignState::Running => t!("Running"),
        CampaignState::Paused => t!("Paused"),
        CampaignState::Cancelled => t!("Cancelled"),
        CampaignState::Finished => t!("Finished"),
    }
}
