//! Chooses the screen: sign-in, or the signed-in app with its pages. Every path of the app is listed here.
//!
//! `Screen` shows a page only after the server has confirmed the session.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    account::Permission,
    ids::{AccountId, TeamId},
};

use crate::{
    api::RequestError,
    clock::Clock,
    components::{
        heading::UnreadCount,
        notices::{NoticeRegion, Notices},
        placeholder::{failed, skeleton},
        shell::Shell,
    },
    pages::{
        lazy::{Lazy, LazyPage},
        not_found::NotFoundPage,
        palette::palette,
        queue::{QueuePage, drafts::Drafts, state::QueueState},
        sign_in::{SignInPage, return_path},
        workspace::workspace,
    },
    router::Router,
    scroll_restoration::ScrollRestoration,
    session::{Session, SessionState},
    theme,
};

const SIGN_IN: &str = "/sign-in";

#[derive(Clone, PartialEq)]
enum Screen {
    Loading,
    LoadFailed(RequestError),
    SignIn,
    /// Signed out on another page: redirects to the sign-in page, which leads back to that page.
    RedirectToSignIn,
    /// Signed in on the sign-in page: redirects to the page that asked for the sign-in.
    ReturnFromSignIn,
    /// Compared by account and permissions, so that the app is rebuilt when these change, but not when a name or a team
    /// does.
    SignedIn(Option<AccountId>, BTreeSet<Permission>),
}

/// A page of the signed-in app.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    Queue,
    Lazy(Lazy),
    NotFound,
}

impl Page {
    /// Returns the page at a path. A plain `match`, because the route tables of a library add more to the download.
    fn at(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            [""] => Page::Queue,
            ["closed"] => Page::Lazy(Lazy::Closed),
            ["daily-file"] => Page::Lazy(Lazy::DailyFile),
            ["campaigns"] => Page::Lazy(Lazy::Campaigns),
            ["campaigns", id] => id.parse().map_or(Page::NotFound, |id| Page::Lazy(Lazy::Campaign(id))),
            ["export"] => Page::Lazy(Lazy::Export),
            ["templates"] => Page::Lazy(Lazy::Templates),
            ["closure-reasons"] => Page::Lazy(Lazy::ClosureReasons),
            ["tags"] => Page::Lazy(Lazy::Tags),
            ["webhooks"] => Page::Lazy(Lazy::WebhookEndpoints),
            ["webhooks", id] => id.parse().map_or(Page::NotFound, |id| Page::Lazy(Lazy::WebhookEndpoint(id))),
            ["teams"] => Page::Lazy(Lazy::Teams),
            ["teams", id] => id.parse().map_or(Page::NotFound, |id| Page::Lazy(Lazy::Team(id))),
            ["accounts"] => Page::Lazy(Lazy::Accounts),
            ["api-keys"] => Page::Lazy(Lazy::ApiKeys),
            ["audit"] => Page::Lazy(Lazy::Audit),
            ["rejected-messages"] => Page::Lazy(Lazy::RejectedMessages),
            ["profile"] => Page::Lazy(Lazy::Profile),
            ["consents"] => Page::Lazy(Lazy::Consents),
            ["search"] => Page::Lazy(Lazy::Search),
            ["conversations", id] => {
                id.parse().map_or(Page::NotFound, |id| Page::Lazy(Lazy::Conversation(id)))
            }
            _ => Page::NotFound,
        }
    }

    /// Returns whether the page updates itself when teams change, or does not depend on them. Other pages are redrawn
    /// then. These pages are not, because that would discard what the user has typed.
    fn follows_teams(self) -> bool {
        match self {
            Page::Lazy(page) => page.follows_teams(),
            Page::Queue | Page::NotFound => false,
        }
    }
}

/// The app.
#[component]
pub(crate) fn App() -> impl IntoView {
    theme::provide();
    Clock::provide();
    Notices::provide();
    provide_context(UnreadCount(RwSignal::new(0)));
    ScrollRestoration::provide();
    let router = Router::provide();
    let session = Session::provide();
    view! {
        <Screens router session />
        <NoticeRegion />
    }
}

#[component]
fn Screens(router: Router, session: Session) -> impl IntoView {
    let screen = Memo::new(move |_| match session.state() {
        SessionState::Loading => Screen::Loading,
        SessionState::LoadFailed(error) => Screen::LoadFailed(error),
        SessionState::SignedOut if router.path.get() == SIGN_IN => Screen::SignIn,
        SessionState::SignedOut => Screen::RedirectToSignIn,
        SessionState::SignedIn(_) if router.path.get() == SIGN_IN => Screen::ReturnFromSignIn,
        SessionState::SignedIn(me) => Screen::SignedIn(me.account.map(|account| account.id), me.permissions),
    });
    Effect::new(move |_| {
        let target = match screen.get() {
            Screen::RedirectToSignIn => sign_in_path(),
            Screen::ReturnFromSignIn => return_path(untrack(|| router.parameter("return")).as_deref()),
            _ => return,
        };
        router.replace(&target);
    });
    let page = Memo::new(move |_| router.path.with(|path| Page::at(path)));
    // Without team names, so that a renamed team does not redraw the page. The queue fetches the names itself.
    let teams =
        session.read(|me| me.teams.iter().map(|team| (team.id, team.numbers.is_empty())).collect::<Vec<_>>());
    view! {
        {move || match screen.get() {
            Screen::Loading | Screen::RedirectToSignIn | Screen::ReturnFromSignIn => {
                view! { <main class="p-6">{skeleton(6)}</main> }.into_any()
            }
            Screen::LoadFailed(error) => view! {
                <main class="mx-auto max-w-xl p-6">{failed(&error, Callback::new(move |()| session.load()))}</main>
            }
            .into_any(),
            Screen::SignIn => view! { <SignInPage /> }.into_any(),
            Screen::SignedIn(..) => view! { <Shell><SignedIn page teams /></Shell> }.into_any(),
        }}
    }
}

/// The current page, with the state that outlives it: the queue.
#[component]
fn SignedIn(page: Memo<Page>, teams: Memo<Vec<(TeamId, bool)>>) -> impl IntoView {
    QueueState::provide();
    Drafts::provide();
    let is_conversation = Memo::new(move |_| matches!(page.get(), Page::Lazy(Lazy::Conversation(_))));
    let current_page = move || {
        let page = page.get();
        if !page.follows_teams() {
            teams.track();
        }
        render(page)
    };
    view! {
        {workspace(is_conversation, view! { {current_page} }.into_any())}
        {palette()}
    }
}

fn render(page: Page) -> AnyView {
    match page {
        Page::Queue => view! { <QueuePage /> }.into_any(),
        Page::Lazy(page) => view! { <LazyPage page /> }.into_any(),
        Page::NotFound => view! { <NotFoundPage /> }.into_any(),
    }
}

/// Returns the address of the sign-in page, with the current address to return to.
fn sign_in_path() -> String {
    let location = window().location();
    let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if here == "/" {
        return SIGN_IN.to_owned();
    }
    format!("{SIGN_IN}?return={}", String::from(js_sys::encode_uri_component(&here)))
}

#[cfg(test)]
mod tests {
    use shared::ids::{CampaignId, ConversationId};

    use super::*;

    #[test]
    fn every_path_has_its_page() {
        assert_eq!(Page::at("/"), Page::Queue);
        assert_eq!(Page::at("/closed"), Page::Lazy(Lazy::Closed));
        assert_eq!(Page::at("/closed/"), Page::Lazy(Lazy::Closed));
        assert_eq!(Page::at("/daily-file"), Page::Lazy(Lazy::DailyFile));
        assert_eq!(Page::at("/campaigns"), Page::Lazy(Lazy::Campaigns));
        assert_eq!(Page::at("/campaigns/7"), Page::Lazy(Lazy::Campaign(CampaignId(7))));
        assert_eq!(Page::at("/export"), Page::Lazy(Lazy::Export));
        assert_eq!(Page::at("/teams"), Page::Lazy(Lazy::Teams));
        assert_eq!(Page::at("/teams/7"), Page::Lazy(Lazy::Team(TeamId(7))));
        assert_eq!(Page::at("/closure-reasons"), Page::Lazy(Lazy::ClosureReasons));
        assert_eq!(Page::at("/search"), Page::Lazy(Lazy::Search));
        assert_eq!(Page::at("/consents"), Page::Lazy(Lazy::Consents));
        assert_eq!(Page::at("/conversations/7"), Page::Lazy(Lazy::Conversation(ConversationId(7))));
        for unknown in ["/conversations", "/conversations/x", "/conversations/7/messages", "/teams/x"] {
            assert_eq!(Page::at(unknown), Page::NotFound, "{unknown}");
        }
    }
}
