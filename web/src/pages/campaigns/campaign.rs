//! The page of one campaign: the form and preview of a draft, or the progress of a started campaign.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    ErrorCode,
    campaign::{Campaign, CampaignAction, CampaignState, CampaignStateChange},
    ids::CampaignId,
};

use super::{draft::draft, progress::progress, state_name};
use crate::{
    api::{Client, RequestError},
    clock::pause,
    components::{
        heading::Heading,
        notices::{Notices, use_notices},
        permission::for_campaigns,
        placeholder::{failed, skeleton},
    },
    language::t,
    pages::not_found::not_found,
    session::{use_client, use_session},
    tasks::{TaskScope, spawn},
    time_zone::Zone,
};

/// How often the progress of a running campaign is fetched.
const INTERVAL: Duration = Duration::from_secs(2);

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
pub(super) struct CampaignContext {
    pub(super) client: Client,
    pub(super) notices: Notices,
    pub(super) id: CampaignId,
    pub(super) campaign: RwSignal<Option<Campaign>>,
    scope: TaskScope,
    busy: RwSignal<bool>,
}

impl CampaignContext {
    /// Returns a value of the campaign, tracked.
    pub(super) fn read<T: Default + PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Campaign) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.campaign.with(|campaign| campaign.as_ref().map(&read).unwrap_or_default()))
    }

    /// Shows a campaign, unless it is unchanged.
    pub(super) fn show(self, campaign: Campaign) {
        if self.campaign.try_with_untracked(|shown| shown.as_ref() != Some(&campaign)) == Some(true) {
            self.campaign.set(Some(campaign));
        }
    }

    /// Shows the campaign as it is now, with a notice, if a colleague has started or ended it. Returns other errors.
    pub(super) fn refused(self, error: RequestError) -> Result<(), RequestError> {
        if error.code() != Some(ErrorCode::CampaignState) {
            return Err(error);
        }
        self.notices.error(&error);
        self.scope.spawn(async move {
            if let Ok(current) = self.client.get_campaign(self.id).await {
                self.show(current);
            }
        });
        Ok(())
    }

    /// Changes the state.
    pub(super) fn act(self, action: CampaignAction) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.scope.spawn(async move {
            let change = CampaignStateChange { action, starts_at: None };
            let changed = self.client.update_campaign_state(self.id, &change, &self.version()).await;
            self.busy.try_set(false);
            match changed {
                Ok(campaign) => self.show(campaign),
                Err(error) => {
                    if let Err(error) = self.refused(error) {
                        self.notices.error(&error);
                    }
                }
            }
        });
    }

    /// Returns the version that the page shows.
    pub(super) fn version(self) -> String {
        self.campaign
            .with_untracked(|campaign| campaign.as_ref().map(|known| known.version.clone()))
            .unwrap_or_default()
    }

    /// The time zone of the campaign's team.
    pub(super) fn zone(self) -> Zone {
        let team =
            self.campaign.with_untracked(|campaign| campaign.as_ref().map(|campaign| campaign.team_id));
        let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
        let found = teams.iter().find(|known| Some(known.id) == team);
        Zone::new(found.map_or("UTC", |team| &team.time_zone))
    }
}

/// The page `/campaigns/:id`.
pub(crate) fn campaign_page(id: CampaignId) -> AnyView {
    for_campaigns(t!("Campaign"), move || page(id))
}

fn page(id: CampaignId) -> AnyView {
    let client = use_client();
    let campaign = RwSignal::new(None::<Campaign>);
    let error = RwSignal::new(None::<RequestError>);
    let scope = TaskScope::current();
    let context =
        CampaignContext { client, notices: use_notices(), id, campaign, scope, busy: RwSignal::new(false) };
    let fetch = move || async move {
        match client.get_campaign(id).await {
            Ok(fetched) => context.show(fetched),
            Err(new_error) => {
                error.try_set(Some(new_error));
            }
        }
    };
    let refetch = Callback::new(move |()| {
        error.set(None);
        scope.spawn(fetch());
    });
    refetch.run(());
    spawn(async move {
        loop {
            pause(INTERVAL).await;
            let is_running = |campaign: &Option<Campaign>| {
                campaign.as_ref().is_some_and(|campaign| campaign.state == CampaignState::Running)
            };
            if campaign.try_with_untracked(is_running) == Some(true) {
                fetch().await;
            }
        }
    });
    let state =
        Memo::new(move |_| campaign.with(|campaign| campaign.as_ref().map(|campaign| campaign.state)));
    let body = move || match state.get() {
        Some(CampaignState::Draft) => frame(context, draft(context)),
        Some(_) => frame(context, progress(context)),
        None => match error.get() {
            None => skeleton(6),
            Some(error) if error.code() == Some(ErrorCode::NotFound) => {
                let text = t!("This campaign does not exist, or it belongs to a team that you are not in.");
                not_found(t!("Campaign not found"), text)
            }
            Some(error) => failed(&error, refetch),
        },
    };
    view! { {body} }.into_any()
}

fn frame(context: CampaignContext, body: AnyView) -> AnyView {
    let name = context.read(|campaign| campaign.name.clone());
    let state = context.read(|campaign| state_name(campaign).to_owned());
    view! {
        <p class="mb-1 text-sm"><a href="/campaigns" class="link">{t!("Campaigns")}</a></p>
        <div class="mb-4 flex flex-wrap items-center gap-3">
            <Heading text=name />
            <span role="status" class="badge">{state}</span>
        </div>
        {body}
    }
    .into_any()
}
