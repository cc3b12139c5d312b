//! What a running simulator knows: how it was started, and one lock around everything that changes.
//! The lock must never be held while anything is awaited (the guard is not `Send`, so it cannot be).

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::{Client, client::HttpConnector};
use serde::{Deserialize, Serialize};

use crate::{Settings, faults::Faults, ledger::Ledger, webhook::Webhooks};

/// A number that the desk owns, and what people call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskNumber {
    /// The number in E.164.
    pub number: String,
    /// Whose it is, usually a team's name.
    #[serde(default)]
    pub label: String,
}

/// Everything that changes while the simulator runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) webhooks: Webhooks,
    pub(crate) numbers: Vec<DeskNumber>,
    /// Who opted out of what: pairs of the customer's number and the desk's number.
    pub(crate) opted_out: HashSet<(String, String)>,
}

/// A running simulator's settings, state and way out.
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
        // Shorter than any server keeps a connection, so that no webhook is lost to one that is just closing.
        let client = Client::builder().pool_idle_timeout(Duration::from_secs(1)).build(connector);
        let state = Mutex::new(State { webhooks, ..State::default() });
        Self { settings, client, address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The state, locked. A thread that panicked while it held the lock left nothing half done that matters here.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
