//! The pages that are no part of the first download. The code of a conversation is a chunk of its own, which the queue
//! fetches ahead; the pages that few open share a second chunk, which is fetched when one of them is opened.
//!
//! Nothing outside this file names one of these pages: the linker would put its code into the first download again.

use leptos::prelude::*;
use shared::ids::{ConversationId, TeamId};
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
        conversation::{
            ConversationPage,
            consent::{OptOut, OptedOut},
        },
        daily_file::daily_file_page,
        profile::profile_page,
        rejected_messages::rejected_messages_page,
        search::SearchPage,
        teams::{team_page, teams_page},
    },
    session::use_client,
    tasks::{Home, start_detached},
};

/// A page of a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lazy {
    /// `/conversations/:id`
    Conversation(ConversationId),
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
    /// `/rejected-messages`
    RejectedMessages,
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
            Lazy::Conversation(_)
                | Lazy::DailyFile
                | Lazy::Templates
                | Lazy::ClosureReasons
                | Lazy::Teams
                | Lazy::Team(_)
                | Lazy::Accounts
                | Lazy::ApiKeys
                | Lazy::RejectedMessages
                | Lazy::Profile
        )
    }
}

/// Everything that is only reached from here lies in the conversation's chunk; what the queue uses as well stays in the
/// first download, and is called from the chunk.
#[wasm_split(conversation, fallible, preload(load_conversation))]
fn draw_conversation(id: ConversationId) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <ConversationPage id /> }.into_any())
}

/// Fetches the code of a conversation before one is opened. A failure is of no interest: opening tries again, and says so.
pub(crate) fn fetch_conversation_ahead() {
    start_detached(async {
        let _ = load_conversation().await;
    });
}

/// Everything that is only reached from here lies in the second chunk.
#[wasm_split(lazy, fallible)]
fn draw_seldom(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        // Drawn above.
        Lazy::Conversation(_) => ().into_any(),
        Lazy::AdHoc(team) => view! { <AdHoc team /> }.into_any(),
        Lazy::Closed => view! { <ClosedPage /> }.into_any(),
        Lazy::DailyFile => daily_file_page(),
        Lazy::Templates => templates_page(),
        Lazy::ClosureReasons => closure_reasons_page(),
        Lazy::Teams => teams_page(),
        Lazy::Team(id) => team_page(id),
        Lazy::Accounts => accounts_page(),
        Lazy::ApiKeys => api_keys_page(),
        Lazy::RejectedMessages => rejected_messages_page(),
        Lazy::Profile => profile_page(),
        Lazy::Consents => view! { <ConsentsPage /> }.into_any(),
        Lazy::Search => view! { <SearchPage /> }.into_any(),
        Lazy::OptedOut => view! { <OptedOut /> }.into_any(),
        Lazy::OptOut => view! { <OptOut /> }.into_any(),
    })
}

async fn draw(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    match page {
        Lazy::Conversation(id) => draw_conversation(id).await,
        other => draw_seldom(other).await,
    }
}

/// A page of a chunk, once that is there.
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
