//! Settings and state of a running simulator. One lock guards the state; it cannot be held across an `await`, since the
//! guard is not `Send`.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::{Client, client::HttpConnector};
use serde::{Deserialize, Serialize};

use crate::{Settings, faults::Faults, ledger::Ledger, webhook::Webhooks};

/// A team number and its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskNumber {
    /// The number in E.164.
    pub number: String,
    /// Usually the team's name.
    #[serde(default)]
    pub label: String,
}

/// The mutable state.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) webhooks: Webhooks,
    pub(crate) numbers: Vec<DeskNumber>,
    /// Opt-outs, as pairs of the customer's number and the team's number.
    pub(crate) opted_out: HashSet<(String, String)>,
}

/// A running simulator's settings, state and HTTP client.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) client: Client<HttpConnector>,
    address: SocketAddr,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(settings: Settings, address: SocketAddr) -> Self {
        let webhooks = Webhooks {
            messages_url: settings.messages_url.clone(),
            status_url: settings.status_url.clone(),
            deliver_to: settings.deliver_to.clone(),
        };
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // Shorter than the server's keep-alive, so that a webhook never uses a connection that is closing.
        let client = Client::builder().pool_idle_timeout(Duration::from_secs(1)).build(connector);
        let state = Mutex::new(State { webhooks, ..State::default() });
        Self { settings, client, address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the URL before Twilio's paths.
    pub(crate) fn api_url(&self) -> String {
        format!("{}{}", self.url(), self.settings.base_path)
    }

    /// Locks the state. A poisoned lock is ignored: each change leaves the state consistent.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
