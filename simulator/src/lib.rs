//! A simulator of Twilio on a loopback port: it implements Twilio's REST API, calls the server's webhooks with Twilio's
//! signature, keeps a ledger of every message, injects faults, and serves a handset page. It sends no real message.
//!
//! It depends on no other crate of the workspace: the server and the simulator talk over HTTP only, as with Twilio. It
//! listens on loopback only and accepts only requests whose `Host` is a loopback name, since its control paths need no
//! password: a web page elsewhere cannot reach it through a DNS name of its own.
//!
//! Reading order: `server` (every URL) -> `rest`, `send`, `list` (called by the server) -> `receipts`, `inbound`,
//! `webhook` (calls to the server) -> `ledger`, `faults`, `world` (state) -> `control`, `handset` (for people and
//! tests).

mod clock;
mod control;
mod faults;
mod handset;
mod inbound;
mod ledger;
mod list;
mod media;
mod receipts;
mod refusal;
mod reply;
mod resource;
mod rest;
mod segments;
mod send;
mod server;
mod signature;
mod webhook;
mod world;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

pub use crate::{signature::sign, world::DeskNumber};
use crate::{webhook::Webhooks, world::World};

/// Settings of a simulator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Loopback address to listen on; port 0 chooses a free port.
    pub listen: SocketAddr,
    /// Account id in the REST paths.
    pub account_sid: String,
    /// Password of the REST paths, and key of the webhooks' signatures if there is no `signing_key`.
    pub auth_token: String,
    /// Path before Twilio's in the REST paths, as some gateways have: `/api/laml`.
    pub base_path: String,
    /// Name of the header with a webhook's signature.
    pub signature_header: String,
    /// Key of the webhooks' signatures.
    pub signing_key: Option<String>,
    /// Delay before every REST call is handled.
    pub latency: Duration,
    /// Delay before each receipt of a message (queued, sent, delivered).
    pub receipt_delay: Duration,
    /// Full public URL of the server's webhook for inbound messages.
    pub messages_url: Option<String>,
    /// URL for the receipts of messages without a `StatusCallback`.
    pub status_url: Option<String>,
    /// Scheme and authority (`http://127.0.0.1:8080`) that webhooks are posted to instead of the public URL's, when the
    /// public URL is not reachable from here. The signature is still that of the public URL.
    pub deliver_to: Option<String>,
    /// Rejects messages from a number that is not registered (error 21606).
    pub only_registered_senders: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account_sid: "AC5170000000000000000000000000c4a7".to_owned(),
            auth_token: "simulator".to_owned(),
            base_path: String::new(),
            signature_header: "X-Twilio-Signature".to_owned(),
            signing_key: None,
            latency: Duration::ZERO,
            receipt_delay: Duration::from_millis(130),
            messages_url: None,
            status_url: None,
            deliver_to: None,
            only_registered_senders: false,
        }
    }
}

/// A running simulator. Dropping it stops it, without waiting until it has stopped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: Arc<World>,
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

/// Handle that sets the team numbers of a running simulator.
#[derive(Clone, Debug)]
pub struct Numbers(Arc<World>);

impl Numbers {
    /// Replaces the team numbers; the handset lists them by their labels.
    pub fn set(&self, numbers: impl IntoIterator<Item = DeskNumber>) {
        self.0.state().numbers = numbers.into_iter().collect();
    }
}

impl Simulator {
    /// Starts the simulator on its own thread and runtime, so that the caller needs no runtime. The port accepts
    /// connections when this returns.
    ///
    /// # Errors
    /// When `listen` is not a loopback address, or cannot be bound.
    pub fn start(settings: Settings) -> io::Result<Self> {
        if !settings.listen.ip().is_loopback() {
            let fault = "the simulator listens on loopback only, since its control paths need no password";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, fault));
        }
        let listener = TcpListener::bind(settings.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let world = Arc::new(World::new(settings, address));
        let (stop, stop_requested) = oneshot::channel();
        let (notify_stopped, stopped) = oneshot::channel();
        let served = Arc::clone(&world);
        thread::Builder::new().name("simulator".to_owned()).spawn(move || {
            runtime.spawn(server::serve(listener, served));
            // An error means that the `Simulator` was dropped, which stops it as well.
            let _ = runtime.block_on(stop_requested);
            runtime.shutdown_background();
            let _ = notify_stopped.send(());
        })?;
        Ok(Self { address, world, stop, stopped })
    }

    /// Returns the address it listens on, with the chosen port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its URL without a path and a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.url()
    }

    /// Returns the URL of its API without a trailing slash: the value for `TWILIO_API_URL`.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.world.api_url()
    }

    /// Returns the URL of the page on which a person plays the customer.
    #[must_use]
    pub fn handset_url(&self) -> String {
        format!("{}/handset", self.url())
    }

    /// Changes the URL that inbound messages are posted to.
    pub fn set_messages_url(&self, url: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.messages_url = Some(url.into()));
    }

    /// Changes the URL for receipts of messages without a `StatusCallback`.
    pub fn set_status_url(&self, url: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.status_url = Some(url.into()));
    }

    /// Changes the scheme and authority that webhooks are posted to; see [`Settings::deliver_to`].
    pub fn set_deliver_to(&self, base: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.deliver_to = Some(base.into()));
    }

    /// Returns a handle that sets the team numbers.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        Numbers(Arc::clone(&self.world))
    }

    /// Stops it, drops open connections and pending receipts, and waits until the port is free.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.stopped.await;
    }

    fn set_webhooks(&self, change: impl FnOnce(&mut Webhooks)) {
        change(&mut self.world.state().webhooks);
    }
}
