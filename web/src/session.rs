//! Who is signed in: asked once at the start, changed by signing in and out, ended when the API says so.
//!
//! It must never keep a credential; those are the cookies' business.

use leptos::prelude::*;
use shared::{
    account::{Me, SignIn},
    ids::AccountId,
};

use crate::{
    api::{Client, Fault},
    tasks::start_detached,
    time_zone::Zone,
};

/// What is known about who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SessionState {
    /// The server has not answered yet.
    Asking,
    /// The server could not be asked.
    Unknown(Fault),
    /// Nobody.
    SignedOut,
    /// Somebody.
    SignedIn(Me),
}

/// The session of this browser.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    state: RwSignal<SessionState>,
    client: Client,
}

impl Session {
    /// Makes session and client known to the components below, and asks who is signed in.
    pub(crate) fn provide() -> Self {
        let client = Client::new();
        let session = Self { state: RwSignal::new(SessionState::Asking), client };
        provide_context(client);
        provide_context(session);
        Effect::new(move |_| {
            if client.ended() > 0 {
                session.state.set(SessionState::SignedOut);
            }
        });
        session.ask();
        session
    }

    /// What is known, as a signal.
    pub(crate) fn state(self) -> SessionState {
        self.state.get()
    }

    /// Who is signed in, untracked: inside the pages, somebody is.
    pub(crate) fn me(self) -> Option<Me> {
        self.state.with_untracked(|state| match state {
            SessionState::SignedIn(me) => Some(me.clone()),
            _ => None,
        })
    }

    /// Something about who is signed in, as a signal.
    pub(crate) fn read<T: PartialEq + Default + Send + Sync + 'static>(self, read: fn(&Me) -> T) -> Memo<T> {
        Memo::new(move |_| {
            self.state.with(|state| match state {
                SessionState::SignedIn(me) => read(me),
                _ => T::default(),
            })
        })
    }

    /// What is known now about who is signed in.
    pub(crate) fn put(self, me: Me) {
        let state = SessionState::SignedIn(me);
        if self.state.with_untracked(|before| *before != state) {
            self.state.set(state);
        }
    }

    /// The time zone for what belongs to no team: that of the first team.
    pub(crate) fn zone(self) -> Zone {
        let me = self.me();
        let team = me.as_ref().and_then(|me| me.teams.first());
        Zone::new(team.map_or("UTC", |team| &team.time_zone))
    }

    /// The id of who is signed in.
    pub(crate) fn account(self) -> Option<AccountId> {
        self.me().and_then(|me| me.account).map(|account| account.id)
    }

    /// Asks the server who is signed in. Without a cookie it is known without asking.
    pub(crate) fn ask(self) {
        if !self.client.may_be_signed_in() {
            return self.state.set(SessionState::SignedOut);
        }
        start_detached(async move {
            let state = match self.client.get_me().await {
                Ok(me) => SessionState::SignedIn(me),
                Err(Fault::SignedOut) => SessionState::SignedOut,
                // Who is signed in stays so while the network is away.
                Err(_) if self.me().is_some() => return,
                Err(fault) => SessionState::Unknown(fault),
            };
            if self.state.with_untracked(|before| *before != state) {
                self.state.set(state);
            }
        });
    }

    /// Signs in.
    pub(crate) async fn sign_in(self, sign_in: &SignIn) -> Result<(), Fault> {
        self.client.create_session(sign_in).await?;
        let me = self.client.get_me().await?;
        self.state.set(SessionState::SignedIn(me));
        Ok(())
    }

    /// Signs out.
    pub(crate) async fn sign_out(self) -> Result<(), Fault> {
        match self.client.delete_session().await {
            Ok(()) | Err(Fault::SignedOut) => {
                self.state.set(SessionState::SignedOut);
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }
}

/// The session, inside the app.
pub(crate) fn use_session() -> Session {
    use_context().unwrap_or_else(Session::provide)
}

/// The client, inside the app.
pub(crate) fn use_client() -> Client {
    use_context().unwrap_or_else(Client::new)
}
