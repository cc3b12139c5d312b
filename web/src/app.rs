//! Which screen there is: signing in, or the desk with its pages. Every path of the app is here.
//!
//! It must never let a page be seen before it is known who is signed in.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::Router,
    hooks::{use_location, use_navigate},
    location::{BrowserUrl, LocationProvider},
};
use shared::{account::Permission, ids::AccountId};

use crate::{
    api::Fault,
    clock::Clock,
    components::{
        notices::{NoticeRegion, Notices},
        placeholder::{failed, skeleton},
        shell::Shell,
    },
    pages::{
        lazy::{Lazy, LazyPage},
        not_found::NotFoundPage,
        queue::QueuePage,
        sign_in::{SignInPage, return_path},
    },
    places::Places,
    session::{Session, SessionState},
    theme::Theme,
};

const SIGN_IN: &str = "/sign-in";

#[derive(Clone, PartialEq)]
enum Screen {
    Asking,
    Unknown(Fault),
    SignIn,
    /// Signed out, somewhere else: to the sign-in page, which comes back.
    ToSignIn,
    /// Signed in, on the sign-in page: back to where one was.
    Back,
    /// Built anew for another account or other permissions; a new name or a changed team leaves it standing.
    Desk(Option<AccountId>, BTreeSet<Permission>),
}

/// A page of the desk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    Queue,
    Lazy(Lazy),
    NotFound,
}

impl Page {
    /// The page at a path. A plain match: the router's own tables weigh more than all pages together would need.
    fn at(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            [""] => Page::Queue,
            ["closed"] => Page::Lazy(Lazy::Closed),
            ["daily-file"] => Page::Lazy(Lazy::DailyFile),
            ["templates"] => Page::Lazy(Lazy::Templates),
            ["closure-reasons"] => Page::Lazy(Lazy::ClosureReasons),
            ["teams"] => Page::Lazy(Lazy::Teams),
            ["teams", id] => id.parse().map_or(Page::NotFound, |id| Page::Lazy(Lazy::Team(id))),
            ["accounts"] => Page::Lazy(Lazy::Accounts),
            ["api-keys"] => Page::Lazy(Lazy::ApiKeys),
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

    /// Whether the page itself shows what becomes of the teams, or has nothing to do with them. The others are drawn anew,
    /// which these must not be: something may have been typed there.
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
    Theme::provide();
    Clock::provide();
    Notices::provide();
    Places::provide();
    let session = Session::provide();
    view! {
        <Router>
            <Screens session />
        </Router>
        <NoticeRegion />
    }
}

#[component]
fn Screens(session: Session) -> impl IntoView {
    let location = use_location();
    let navigate = use_navigate();
    let pathname = location.pathname;
    let screen = Memo::new(move |_| match session.state() {
        SessionState::Asking => Screen::Asking,
        SessionState::Unknown(fault) => Screen::Unknown(fault),
        SessionState::SignedOut if pathname.get() == SIGN_IN => Screen::SignIn,
        SessionState::SignedOut => Screen::ToSignIn,
        SessionState::SignedIn(_) if pathname.get() == SIGN_IN => Screen::Back,
        SessionState::SignedIn(me) => Screen::Desk(me.account.map(|account| account.id), me.permissions),
    });
    Effect::new(move |_| {
        let target = match screen.get() {
            Screen::ToSignIn => sign_in_path(),
            Screen::Back => return_path(location.query.read_untracked().get("return").as_deref()),
            _ => return,
        };
        navigate(&target, NavigateOptions { replace: true, ..NavigateOptions::default() });
    });
    // A link's address enters the history once its page stands, which is at once.
    let history = use_context::<BrowserUrl>();
    Effect::new(move |_| {
        pathname.track();
        if let Some(history) = &history {
            history.ready_to_complete();
        }
    });
    let page = Memo::new(move |_| Page::at(&pathname.get()));
    // Not their names: the queue has them from elsewhere.
    let teams =
        session.read(|me| me.teams.iter().map(|team| (team.id, team.numbers.is_empty())).collect::<Vec<_>>());
    let drawn = move || {
        let page = page.get();
        if !page.follows_teams() {
            teams.track();
        }
        draw(page)
    };
    view! {
        {move || match screen.get() {
            Screen::Asking | Screen::ToSignIn | Screen::Back => {
                view! { <main class="p-6">{skeleton(6)}</main> }.into_any()
            }
            Screen::Unknown(fault) => view! {
                <main class="mx-auto max-w-xl p-6">{failed(&fault, Callback::new(move |()| session.ask()))}</main>
            }
            .into_any(),
            Screen::SignIn => view! { <SignInPage /> }.into_any(),
            Screen::Desk(..) => view! { <Shell>{drawn}</Shell> }.into_any(),
        }}
    }
}

fn draw(page: Page) -> AnyView {
    match page {
        Page::Queue => view! { <QueuePage /> }.into_any(),
        Page::Lazy(page) => view! { <LazyPage page /> }.into_any(),
        Page::NotFound => view! { <NotFoundPage /> }.into_any(),
    }
}

/// The sign-in page's address, which knows where one is now.
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
    use shared::ids::{ConversationId, TeamId};

    use super::*;

    #[test]
    fn every_path_has_its_page() {
        assert_eq!(Page::at("/"), Page::Queue);
        assert_eq!(Page::at("/closed"), Page::Lazy(Lazy::Closed));
        assert_eq!(Page::at("/closed/"), Page::Lazy(Lazy::Closed));
        assert_eq!(Page::at("/daily-file"), Page::Lazy(Lazy::DailyFile));
        assert_eq!(Page::at("/teams"), Page::Lazy(Lazy::Teams));
        assert_eq!(Page::at("/teams/7"), Page::Lazy(Lazy::Team(TeamId(7))));
        assert_eq!(Page::at("/closure-reasons"), Page::Lazy(Lazy::ClosureReasons));
        assert_eq!(Page::at("/search"), Page::Lazy(Lazy::Search));
        assert_eq!(Page::at("/consents"), Page::Lazy(Lazy::Consents));
        assert_eq!(Page::at("/conversations/7"), Page::Lazy(Lazy::Conversation(ConversationId(7))));
        for nowhere in ["/conversations", "/conversations/x", "/conversations/7/messages", "/teams/x"] {
            assert_eq!(Page::at(nowhere), Page::NotFound, "{nowhere}");
        }
    }
}
