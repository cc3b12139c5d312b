//! The event stream: tells the components on screen what changed. Events carry no content, which pages fetch; only
//! [`presence`] comes with the stream.

mod coalesce;
pub(crate) mod presence;
mod relay;
mod stream;
mod tabs;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use leptos::{prelude::*, reactive::owner::WeakOwner};
use shared::event::Event;
use wasm_bindgen::JsCast;
use web_sys::MessageEvent;

pub(crate) use self::coalesce::{coalesce, coalesce_soon};
use self::{
    presence::Presences,
    relay::Relay,
    stream::Stream,
    tabs::{INTERRUPTED, OPENED, SIGNED_OUT},
};
use crate::{
    api::{Client, RequestError},
    clock::pause,
    json,
    session::{use_client, use_session},
    tasks::spawn_detached,
};

/// How long a hidden tab keeps its own stream, when tabs cannot share one.
const HIDDEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a tab checks that the leading tab still responds.
const CHECK_INTERVAL: Duration = Duration::from_secs(20);

/// An item of the event stream.
#[derive(Clone, Debug)]
pub(crate) enum LiveUpdate {
    /// Data on the server changed.
    Event(Event),
    /// The stream was opened or reopened. Anything may have changed before.
    Opened,
}

/// Whether events arrive at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveState {
    Connecting,
    Live,
    Interrupted,
}

type Listener = Rc<dyn Fn(&LiveUpdate)>;

/// The event stream, opened by this tab or by another tab of the browser.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    client: Client,
    /// The state of the connection.
    pub(crate) state: RwSignal<LiveState>,
    /// The other accounts that have conversations open.
    pub(crate) presences: Presences,
    listeners: StoredValue<Rc<RefCell<BTreeMap<u32, Listener>>>, LocalStorage>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
    /// Number of consecutive failures to open the stream.
    failures: StoredValue<u32>,
    relay: StoredValue<Option<Rc<Relay>>, LocalStorage>,
    /// Whether the leading tab has not yet responded to a ping.
    unanswered: StoredValue<bool>,
}

impl Live {
    /// Opens the stream, or joins the tab that has it, and provides it as context until the current owner is disposed.
    pub(crate) fn provide() -> Self {
        let account = use_session().account();
        let live = Self {
            client: use_client(),
            state: RwSignal::new(LiveState::Connecting),
            presences: Presences::new(account),
            listeners: StoredValue::new_local(Rc::default()),
            stream: StoredValue::new_local(None),
            failures: StoredValue::new(0),
            relay: StoredValue::new_local(None),
            unanswered: StoredValue::new(false),
        };
        provide_context(live);
        live.relay.set_value(Relay::join(live, account));
        if live.relay().is_none() {
            live.open();
        }
        live.check();
        let seen = window_event_listener(leptos::ev::visibilitychange, move |_| live.visibility_changed());
        let checking = set_interval_with_handle(move || live.check(), CHECK_INTERVAL).ok();
        // A frozen tab runs no code, so another tab leads.
        let frozen = window_event_listener_untyped("freeze", move |_| {
            live.close();
            if let Some(relay) = live.relay() {
                relay.release_lock();
            }
        });
        let resumed = window_event_listener_untyped("resume", move |_| {
            if let Some(relay) = live.relay() {
                relay.request_lock(false);
            }
        });
        on_cleanup(move || {
            for listener in [frozen, resumed] {
                listener.remove();
            }
            seen.remove();
            if let Some(checking) = checking {
                checking.clear();
            }
            live.close();
            live.relay.try_update_value(|relay| *relay = None);
        });
        live
    }

    fn relay(self) -> Option<Rc<Relay>> {
        self.relay.try_get_value().flatten()
    }

    /// Returns whether this tab has the event stream of the browser, or one of its own.
    pub(crate) fn is_leading(self) -> bool {
        self.relay().is_none_or(|relay| relay.is_leader())
    }

    /// Returns the relay, if this tab is the leader.
    fn leading(self) -> Option<Rc<Relay>> {
        self.relay().filter(|relay| relay.is_leader())
    }

    fn forward(self, text: &str) {
        if let Some(relay) = self.leading() {
            relay.post(text);
        }
    }

    /// Makes this tab the leader.
    fn lead(self) {
        self.open();
    }

    /// Makes this tab a follower, because another tab has become the leader.
    fn follow(self) {
        self.close();
        self.check();
    }

    fn close(self) {
        self.stream.try_update_value(|stream| *stream = None);
    }

    /// Runs `listener` for each item until the current owner is disposed.
    pub(crate) fn listen(self, listener: impl Fn(&LiveUpdate) + 'static) {
        // A weak reference, so that the listener does not keep its owner alive.
        let owner = Owner::current().map(|owner| owner.downgrade());
        let listener: Listener = Rc::new(move |update| {
            if let Some(owner) = owner.as_ref().and_then(WeakOwner::upgrade) {
                owner.with(|| listener(update));
            }
        });
        let number = self.listeners.with_value(|listeners| {
            let mut listeners = listeners.borrow_mut();
            let number = listeners.last_key_value().map_or(0, |(last, _)| last + 1);
            listeners.insert(number, listener);
            number
        });
        on_cleanup(move || {
            self.listeners.try_with_value(|listeners| listeners.borrow_mut().remove(&number));
        });
    }

    fn notify(self, update: &LiveUpdate) {
        let listeners: Option<Vec<Listener>> =
            self.listeners.try_with_value(|listeners| listeners.borrow().values().cloned().collect());
        for listener in listeners.unwrap_or_default() {
            listener(update);
        }
    }

    fn open(self) {
        let Some(stream) = Stream::open(self) else {
            return self.reopen();
        };
        self.stream.try_update_value(|open| *open = Some(stream));
    }

    fn opened(self) {
        self.failures.try_update_value(|failures| *failures = 0);
        self.state.try_set(LiveState::Live);
        self.presences.clear();
        self.forward(OPENED);
        // Also on the first connection: the stream does not include changes between a page's fetch and this moment.
        self.notify(&LiveUpdate::Opened);
    }

    fn interrupted(self) {
        self.set_interrupted();
        self.forward(INTERRUPTED);
        let closed = self.stream.try_with_value(|stream| stream.as_ref().is_some_and(Stream::is_closed));
        // Otherwise the browser reconnects by itself and sends the id of its last event.
        if closed == Some(true) {
            self.reopen();
        }
    }

    fn set_interrupted(self) {
        if self.state.try_get_untracked() == Some(LiveState::Live) {
            spawn_detached(async move {
                pause(presence::EXPIRY).await;
                if self.state.try_get_untracked() == Some(LiveState::Interrupted) {
                    self.presences.clear();
                }
            });
        }
        self.state.try_set(LiveState::Interrupted);
    }

    fn reopen(self) {
        let Some(failures) = self.failures.try_update_value(|failures| {
            *failures += 1;
            *failures
        }) else {
            return;
        };
        spawn_detached(async move {
            pause(Duration::from_secs(1 << failures.min(5).saturating_sub(1))).await;
            // The browser gives up a stream that the server refuses, usually because the session must be renewed.
            if self.failures.try_get_value() != Some(failures) || !self.is_wanted() {
                return;
            }
            match self.client.renew().await {
                Err(RequestError::SignedOut) => self.forward(SIGNED_OUT),
                _ if self.failures.try_get_value() == Some(failures) => self.open(),
                _ => {}
            }
        });
    }

    fn receive_event(self, event: &web_sys::Event) {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        let Some(text) = text else { return };
        self.forward(&text);
        self.take(&text);
    }

    /// Takes an event of the stream.
    fn take(self, text: &str) {
        if let Ok(event) = json::from_str(text) {
            self.notify(&LiveUpdate::Event(event));
        } else {
            self.presences.apply(text);
        }
    }

    /// Returns whether this tab needs a stream of its own: it leads, or it is visible and tabs cannot share one.
    fn is_wanted(self) -> bool {
        match self.relay() {
            Some(relay) => relay.is_leader(),
            None => !document().hidden(),
        }
    }

    fn visibility_changed(self) {
        if !document().hidden() {
            let closed = self.stream.try_with_value(|stream| stream.as_ref().is_none_or(Stream::is_closed));
            if closed == Some(true) && self.is_wanted() {
                self.open();
            }
            return self.check();
        }
        if self.relay().is_some() {
            return;
        }
        spawn_detached(async move {
            pause(HIDDEN_TIMEOUT).await;
            if document().hidden() {
                self.state.try_set(LiveState::Interrupted);
                self.close();
            }
        });
    }
}

/// Returns the event stream, inside the signed-in app.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::provide)
}
