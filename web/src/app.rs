//! Which screen there is: signing in, or the desk with its pages. Every path of the app is here.
//!
//! It must never let a page be seen before it is known who is signed in.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{FlatRoutes, Route, Router},
    hooks::{use_location, use_navigate},
    path,
};
use shared::account::Me;

use crate::{
    api::Fault,
    clock::Clock,
    components::{
        notices::{NoticeRegion, Notices},
        placeholder::{failed, skeleton},
        shell::Shell,
    },
    pages::{
        closed::ClosedPage,
        conversation::ConversationPage,
        not_found::NotFoundPage,
        queue::QueuePage,
        sign_in::{SignInPage, return_path},
    },
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
    Desk(Me),
}

/// The app.
#[component]
pub(crate) fn App() -> impl IntoView {
    Theme::chosen().apply();
    Clock::provide();
    Notices::provide();
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
    let screen = Memo::new(move |_| match session.state() {
        SessionState::Asking => Screen::Asking,
        SessionState::Unknown(fault) => Screen::Unknown(fault),
        SessionState::SignedOut if location.pathname.get() == SIGN_IN => Screen::SignIn,
        SessionState::SignedOut => Screen::ToSignIn,
        SessionState::SignedIn(_) if location.pathname.get() == SIGN_IN => Screen::Back,
        SessionState::SignedIn(me) => Screen::Desk(me),
    });
    Effect::new(move |_| {
        let target = match screen.get() {
            Screen::ToSignIn => sign_in_path(),
            Screen::Back => return_path(location.query.read_untracked().get("return").as_deref()),
            _ => return,
        };
        navigate(
            &target,
            NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            },
        );
    });
    move || match screen.get() {
        Screen::Asking | Screen::ToSignIn | Screen::Back => {
            view! { <main class="p-6">{skeleton(6)}</main> }.into_any()
        }
        Screen::Unknown(fault) => {
            view! { <main class="mx-auto max-w-xl p-6">{failed(&fault, move || session.ask())}</main> }
                .into_any()
        }
        Screen::SignIn => view! { <SignInPage /> }.into_any(),
        Screen::Desk(me) => view! {
            <Shell me>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=QueuePage />
                    <Route path=path!("/conversations/:id") view=ConversationPage />
                    <Route path=path!("/closed") view=ClosedPage />
                </FlatRoutes>
            </Shell>
        }
        .into_any(),
    }
}

/// The sign-in page's address, which knows where one is now.
fn sign_in_path() -> String {
    let location = window().location();
    let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if here == "/" {
        return SIGN_IN.to_owned();
    }
    format!(
        "{SIGN_IN}?return={}",
        String::from(js_sys::encode_uri_component(&here))
    )
}
