//! A stand-in for Twilio on a loopback port: it speaks Twilio's REST paths, calls the desk's webhooks with
//! Twilio's signature, keeps a ledger of every text, injects faults, and has a handset as its face.
//!
//! It knows nothing of the desk's own crates: whatever reaches the desk from here has come over HTTP, exactly
//! as it would from Twilio. It never sends a real text. It listens on loopback only and answers only requests whose `Host` is a
//! loopback name, since its control paths ask for no password: a web page elsewhere cannot reach it by a name of its own.
//!
//! Reading order: `server` (every URL) -> `rest`, `send`, `list` (what the desk calls) -> `receipts`,
//! `inbound`, `webhook` (what calls the desk) -> `ledger`, `faults`, `world` (what is remembered) ->
//! `control`, `handset` (what people and tests use).

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

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen: a loopback address; port 0 asks for any free one.
    pub listen: SocketAddr,
    /// The account that the REST paths belong to.
    pub account_sid: String,
    /// The account's secret: the password of the REST paths, and the key of the webhooks' signature.
    pub auth_token: String,
    /// How long every REST call takes before anything happens.
    pub latency: Duration,
    /// How long each of a text's receipts (queued, sent, delivered) comes after the one before.
    pub receipt_delay: Duration,
    /// Where inbound texts are posted: the full public URL of the desk's messages webhook.
    pub messages_url: Option<String>,
    /// Where receipts are posted when a text names no `StatusCallback` of its own.
    pub status_url: Option<String>,
    /// Scheme and authority (`http://127.0.0.1:8080`) that webhooks are really posted to, when the desk's
    /// public URL, for which they are still signed, cannot be reached from here.
    pub deliver_to: Option<String>,
    /// Refuse to send from a number that is not among the desk's registered numbers (21606).
    pub only_registered_senders: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account_sid: "AC5170000000000000000000000000c4a7".to_owned(),
            auth_token: "simulator".to_owned(),
            latency: Duration::ZERO,
            receipt_delay: Duration::from_millis(130),
            messages_url: None,
            status_url: None,
            deliver_to: None,
            only_registered_senders: false,
        }
    }
}

/// A running simulator. Dropping it stops it too, without waiting for the end.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: Arc<World>,
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

/// The desk's numbers, as the simulator knows them.
#[derive(Clone, Debug)]
pub struct Numbers(Arc<World>);

impl Numbers {
    /// Replaces them; the handset offers them by their labels.
    pub fn set(&self, numbers: impl IntoIterator<Item = DeskNumber>) {
        self.0.state().numbers = numbers.into_iter().collect();
    }
}

impl Simulator {
    /// Starts listening, and serves from a thread and a runtime of its own, so that the caller may have any
    /// runtime or none. When this returns, the port answers.
    pub fn start(settings: Settings) -> io::Result<Self> {
        if !settings.listen.ip().is_loopback() {
            let fault = "the simulator listens on loopback only: its control paths ask for no password";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, fault));
        }
        let listener = TcpListener::bind(settings.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let world = Arc::new(World::new(settings, address));
        let (stop, asked_to_stop) = oneshot::channel();
        let (has_stopped, stopped) = oneshot::channel();
        let served = Arc::clone(&world);
        thread::Builder::new().name("simulator".to_owned()).spawn(move || {
            runtime.spawn(server::serve(listener, served));
            // An error means that the `Simulator` was dropped, which asks for the same thing.
            let _ = runtime.block_on(asked_to_stop);
            runtime.shutdown_background();
            let _ = has_stopped.send(());
        })?;
        Ok(Self { address, world, stop, stopped })
    }

    /// The address it really listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end: what `TWILIO_API_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.url()
    }

    /// The page on which a person plays the customer.
    #[must_use]
    pub fn handset_url(&self) -> String {
        format!("{}/handset", self.url())
    }

    /// Says where inbound texts are posted from now on.
    pub fn set_messages_url(&self, url: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.messages_url = Some(url.into()));
    }

    /// Says where receipts are posted from now on when a text names no `StatusCallback`.
    pub fn set_status_url(&self, url: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.status_url = Some(url.into()));
    }

    /// Says to which scheme and authority webhooks are really posted; they are still signed for their own URL.
    pub fn set_deliver_to(&self, base: impl Into<String>) {
        self.set_webhooks(|webhooks| webhooks.deliver_to = Some(base.into()));
    }

    /// Where it is told, at any time, which numbers the desk has.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        Numbers(Arc::clone(&self.world))
    }

    /// Stops serving, drops every connection and receipt still on its way, and waits until the port is free.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.stopped.await;
    }

    fn set_webhooks(&self, change: impl FnOnce(&mut Webhooks)) {
        change(&mut self.world.state().webhooks);
    }
}
