//! The pages that few open: their code is not part of the first download, but of a chunk that is fetched when one of
//! them is opened.
//!
//! Nothing outside this file may name one of these pages, or the linker puts its code into the first download again.

use leptos::prelude::*;
use shared::ids::TeamId;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::{
    api::Fault,
    components::placeholder::{failed, skeleton},
    pages::{
        accounts::accounts_page,
        ad_hoc::AdHoc,
        api_keys::api_keys_page,
        catalogue::{closure_reasons_page, templates_page},
        closed::ClosedPage,
        consents::ConsentsPage,
        conversation::consent::{OptOut, OptedOut},
        daily_file::daily_file_page,
        profile::profile_page,
        search::SearchPage,
        teams::{team_page, teams_page},
    },
    session::use_client,
    tasks::Home,
};

/// A page of the chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lazy {
    /// What a team's ad-hoc dialog holds.
    AdHoc(TeamId),
    /// `/closed`
    Closed,
    /// `/daily-file`
    DailyFile,
    /// `/templates`
    Templates,
    /// `/closure-reasons`
    ClosureReasons,
    /// `/teams`
    Teams,
    /// `/teams/:id`
    Team(TeamId),
    /// `/accounts`
    Accounts,
    /// `/api-keys`
    ApiKeys,
    /// `/profile`
    Profile,
    /// `/consents`
    Consents,
    /// `/search`
    Search,
    /// What stands in a conversation's composer's place when the customer has opted out.
    OptedOut,
    /// Recording in a conversation that the customer has opted out.
    OptOut,
}

impl Lazy {
    /// Whether the page itself shows what becomes of the teams.
    pub(crate) fn follows_teams(self) -> bool {
        matches!(
            self,
            Lazy::DailyFile
                | Lazy::Templates
                | Lazy::ClosureReasons
                | Lazy::Teams
                | Lazy::Team(_)
                | Lazy::Accounts
                | Lazy::ApiKeys
                | Lazy::Profile
        )
    }
}

/// Everything that is only reached from here lies in the chunk; what other pages use as well stays in the first
/// download, and is called from the chunk.
#[wasm_split(lazy, fallible)]
fn draw(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Lazy::AdHoc(team) => view! { <AdHoc team /> }.into_any(),
        Lazy::Closed => view! { <ClosedPage /> }.into_any(),
        Lazy::DailyFile => daily_file_page(),
        Lazy::Templates => templates_page(),
        Lazy::ClosureReasons => closure_reasons_page(),
        Lazy::Teams => teams_page(),
        Lazy::Team(id) => team_page(id),
        Lazy::Accounts => accounts_page(),
        Lazy::ApiKeys => api_keys_page(),
        Lazy::Profile => profile_page(),
        Lazy::Consents => view! { <ConsentsPage /> }.into_any(),
        Lazy::Search => view! { <SearchPage /> }.into_any(),
        Lazy::OptedOut => view! { <OptedOut /> }.into_any(),
        Lazy::OptOut => view! { <OptOut /> }.into_any(),
    })
}

/// A page of the chunk, once that is there.
#[component]
pub(crate) fn LazyPage(page: Lazy) -> impl IntoView {
    let client = use_client();
    let drawn = RwSignal::new_local(None::<Result<AnyView, Fault>>);
    let home = Home::here();
    let fetch = move || {
        drawn.set(None);
        home.start(async move {
            let view = match draw(page).await {
                Ok(view) => Ok(view),
                // The error doesn't say why. A server that answers means that only the chunk is missing: this app is
                // older than the server.
                Err(_) => Err(client.get_me().await.err().unwrap_or(Fault::Unreadable)),
            };
            drawn.try_set(Some(view));
        });
    };
    fetch();
    move || {
        drawn.track();
        // A view is drawn once: it is taken, not copied.
        match drawn.try_update_untracked(Option::take).flatten() {
            None => skeleton(6),
            Some(Ok(view)) => view,
            Some(Err(fault)) => failed(&fault, Callback::new(move |()| fetch())),
        }
    }
}
