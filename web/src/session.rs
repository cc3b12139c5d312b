//! The session: loaded once at the start, changed by signing in and out, and ended when the API reports that it is
//! over.
//!
//! No credentials are stored here; they are in HTTP-only cookies.

use leptos::prelude::*;
use shared::{
    account::{Me, SignIn},
    ids::AccountId,
    preferences::Preferences,
};

use crate::{
    api::{Client, RequestError},
    tasks::spawn_detached,
    time_zone::Zone,
};

/// The state of the session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SessionState {
    /// The session is being loaded.
    Loading,
    /// The session could not be loaded.
    LoadFailed(RequestError),
    /// No account is signed in.
    SignedOut,
    /// An account is signed in.
    SignedIn(Me),
}

/// The session of this browser.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    state: RwSignal<SessionState>,
    client: Client,
    preferences: RwSignal<Option<Preferences>>,
}

impl Session {
    /// Provides the session and the API client as context, and loads the session.
    pub(crate) fn provide() -> Self {
        let client = Client::new();
        let session =
            Self { state: RwSignal::new(SessionState::Loading), client, preferences: RwSignal::default() };
        provide_context(client);
        provide_context(session);
        Effect::new(move |_| {
            if client.ended() > 0 {
                session.state.set(SessionState::SignedOut);
            }
        });
        session.load();
        session
    }

    /// Returns the state of the session, tracked.
    pub(crate) fn state(self) -> SessionState {
        self.state.get()
    }

    /// Returns the signed-in account, untracked. Inside the pages it is always present.
    pub(crate) fn me(self) -> Option<Me> {
        self.state.with_untracked(|state| match state {
            SessionState::SignedIn(me) => Some(me.clone()),
            _ => None,
        })
    }

    /// Selects a value from the signed-in account, as a signal.
    pub(crate) fn read<T: PartialEq + Default + Send + Sync + 'static>(self, read: fn(&Me) -> T) -> Memo<T> {
        Memo::new(move |_| {
            self.state.with(|state| match state {
                SessionState::SignedIn(me) => read(me),
                _ => T::default(),
            })
        })
    }

    /// Updates the signed-in account.
    pub(crate) fn set_me(self, me: Me) {
        let state = SessionState::SignedIn(me);
        if self.state.with_untracked(|before| *before != state) {
            self.state.set(state);
        }
    }

    /// Selects a value from the account's preferences, tracked. They are the defaults until they are loaded.
    pub(crate) fn preferences<T>(self, read: impl FnOnce(&Preferences) -> T) -> T {
        self.preferences.with(|loaded| match loaded {
            Some(loaded) => read(loaded),
            None => read(&Preferences::default()),
        })
    }

    /// Returns the account's preferences, untracked; `None` until they are loaded.
    pub(crate) fn loaded_preferences(self) -> Option<Preferences> {
        self.preferences.get_untracked()
    }

    /// Replaces the preferences in this tab. [`crate::preferences`] loads and stores them.
    pub(crate) fn set_preferences(self, new: Option<Preferences>) {
        if self.preferences.with_untracked(|old| *old != new) {
            self.preferences.set(new);
        }
    }

    /// Returns the time zone for times that belong to no team: that of the account's first team.
    pub(crate) fn zone(self) -> Zone {
        let me = self.me();
        let team = me.as_ref().and_then(|me| me.teams.first());
        Zone::new(team.map_or("UTC", |team| &team.time_zone))
    }

    /// Returns the id of the signed-in account.
    pub(crate) fn account(self) -> Option<AccountId> {
        self.me().and_then(|me| me.account).map(|account| account.id)
    }

    /// Loads the session from the server. Without a session cookie it is signed out, and no request is sent.
    pub(crate) fn load(self) {
        if !self.client.may_be_signed_in() {
            return self.state.set(SessionState::SignedOut);
        }
        spawn_detached(async move {
            let state = match self.client.get_me().await {
                Ok(me) => SessionState::SignedIn(me),
                Err(RequestError::SignedOut) => SessionState::SignedOut,
                // A network failure does not end a session.
                Err(_) if self.me().is_some() => return,
                Err(error) => SessionState::LoadFailed(error),
            };
            if self.state.with_untracked(|before| *before != state) {
                self.state.set(state);
            }
        });
    }

    /// Signs in.
    pub(crate) async fn sign_in(self, sign_in: &SignIn) -> Result<(), RequestError> {
        self.client.create_session(sign_in).await?;
        let me = self.client.get_me().await?;
        self.state.set(SessionState::SignedIn(me));
        Ok(())
    }

    /// Signs out. The pages close first, so that none of their requests finds the session over.
    pub(crate) async fn sign_out(self) -> Result<(), RequestError> {
        let before = self.state.get_untracked();
        self.state.set(SessionState::Loading);
        let response = self.client.delete_session().await;
        let is_over = matches!(response, Ok(()) | Err(RequestError::SignedOut));
        self.state.set(if is_over { SessionState::SignedOut } else { before });
        if is_over { Ok(()) } else { response }
    }
}

/// Returns the session, inside the app.
pub(crate) fn use_session() -> Session {
    use_context().unwrap_or_else(Session::provide)
}

/// Returns the API client, inside the app.
pub(crate) fn use_client() -> Client {
    use_context().unwrap_or_else(Client::new)
}
