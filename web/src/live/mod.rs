//! The live stream: which things changed, passed on to what is on screen. It carries no content: pages fetch what they
//! may see.

mod coalesce;
mod relay;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use leptos::{prelude::*, reactive::owner::WeakOwner};
use shared::event::{Event, EventKind};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

pub(crate) use self::coalesce::coalesced;
use self::relay::Relay;
use crate::{
    api::{Client, EVENTS, Fault},
    clock::pause,
    session::{use_client, use_session},
    tasks::start_detached,
};

/// How long a hidden tab keeps a stream of its own, where tabs cannot share one.
const HIDDEN_FOR: Duration = Duration::from_secs(5);
/// How often a tab makes sure that the one with the stream is still there.
const CHECKED_EVERY: Duration = Duration::from_secs(20);
/// How long that one may take to answer.
const ANSWERED_IN: Duration = Duration::from_secs(3);

/// What tabs ask each other, and answer; anything else is an event.
const ASK: &str = "?";
const OPENED: &str = "opened";
const LIVE: &str = "live";
const CONNECTING: &str = "connecting";
const INTERRUPTED: &str = "interrupted";
const SIGNED_OUT: &str = "signed out";

/// What the stream tells.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Something changed.
    Event(Event),
    /// The stream is open, or open again: anything may have changed meanwhile.
    Opened,
}

/// Whether news arrives right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveState {
    Connecting,
    Live,
    Interrupted,
}

type Listener = Rc<dyn Fn(&News)>;
type Handler = Closure<dyn FnMut(web_sys::Event)>;

/// The live stream, of this tab or of another tab of the browser.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    client: Client,
    /// How things stand.
    pub(crate) state: RwSignal<LiveState>,
    listeners: StoredValue<Rc<RefCell<BTreeMap<u32, Listener>>>, LocalStorage>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
    /// How often opening failed in a row.
    failures: StoredValue<u32>,
    relay: StoredValue<Option<Rc<Relay>>, LocalStorage>,
    /// The tab with the stream has not answered yet.
    unanswered: StoredValue<bool>,
}

struct Stream {
    source: EventSource,
    _handlers: Vec<Handler>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

impl Live {
    /// Opens the stream for the components below, or joins the tab that has it, until these go away.
    pub(crate) fn provide() -> Self {
        let live = Self {
            client: use_client(),
            state: RwSignal::new(LiveState::Connecting),
            listeners: StoredValue::new_local(Rc::default()),
            stream: StoredValue::new_local(None),
            failures: StoredValue::new(0),
            relay: StoredValue::new_local(None),
            unanswered: StoredValue::new(false),
        };
        provide_context(live);
        live.relay.set_value(Relay::join(live, use_session().account()));
        if live.relay().is_none() {
            live.open();
        }
        live.check();
        let seen = window_event_listener(leptos::ev::visibilitychange, move |_| live.visibility_changed());
        let checking = set_interval_with_handle(move || live.check(), CHECKED_EVERY).ok();
        // A frozen tab runs no code: another one leads meanwhile.
        let frozen = window_event_listener_untyped("freeze", move |_| {
            live.close();
            if let Some(relay) = live.relay() {
                relay.step_down();
            }
        });
        let resumed = window_event_listener_untyped("resume", move |_| {
            if let Some(relay) = live.relay() {
                relay.queue_up(false);
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

    /// The relay, while this tab has the stream for the others.
    fn leading(self) -> Option<Rc<Relay>> {
        self.relay().filter(|relay| relay.leads())
    }

    fn pass_on(self, text: &str) {
        if let Some(relay) = self.leading() {
            relay.post(text);
        }
    }

    /// This tab has the stream from now on.
    fn lead(self) {
        self.open();
    }

    /// Another tab has taken the stream over.
    fn follow(self) {
        self.close();
        self.check();
    }

    fn close(self) {
        self.stream.try_update_value(|stream| *stream = None);
    }

    /// Makes sure that the tab with the stream is there; one that does not answer is frozen, and loses it.
    fn check(self) {
        let Some(relay) = self.relay().filter(|relay| !relay.leads()) else { return };
        if document().hidden() {
            return;
        }
        self.unanswered.try_set_value(true);
        relay.post(ASK);
        start_detached(async move {
            pause(ANSWERED_IN).await;
            let relay = self.relay().filter(|relay| !relay.leads());
            if let Some(relay) = relay
                && self.unanswered.try_get_value() == Some(true)
            {
                relay.queue_up(true);
            }
        });
    }

    /// Another tab has posted this.
    fn received(self, text: &str) {
        if let Some(relay) = self.leading() {
            if text == ASK {
                relay.post(match self.state.try_get_untracked() {
                    Some(LiveState::Live) => LIVE,
                    Some(LiveState::Interrupted) => INTERRUPTED,
                    _ => CONNECTING,
                });
            }
            return;
        }
        if text == ASK {
            return;
        }
        self.unanswered.try_set_value(false);
        match text {
            LIVE if self.state.try_get_untracked() == Some(LiveState::Live) => {}
            LIVE | OPENED => {
                self.state.try_set(LiveState::Live);
                self.tell(&News::Opened);
            }
            INTERRUPTED => {
                self.state.try_set(LiveState::Interrupted);
            }
            SIGNED_OUT => start_detached(async move {
                let _ = self.client.renew().await;
            }),
            event => {
                if let Ok(event) = serde_json::from_str(event) {
                    self.tell(&News::Event(event));
                }
            }
        }
    }

    /// Hears the news until the current owner goes away.
    pub(crate) fn listen(self, hear: impl Fn(&News) + 'static) {
        // Weakly: a listener must not keep alive what it ends with.
        let owner = Owner::current().map(|owner| owner.downgrade());
        let listener: Listener = Rc::new(move |news| {
            if let Some(owner) = owner.as_ref().and_then(WeakOwner::upgrade) {
                owner.with(|| hear(news));
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

    fn tell(self, news: &News) {
        let listeners: Option<Vec<Listener>> =
            self.listeners.try_with_value(|listeners| listeners.borrow().values().cloned().collect());
        for listener in listeners.unwrap_or_default() {
            listener(news);
        }
    }

    fn open(self) {
        let Ok(source) = EventSource::new(EVENTS) else {
            return self.reopen();
        };
        let mut handlers: Vec<Handler> = Vec::new();
        let mut handler = |act: Box<dyn FnMut(web_sys::Event)>| {
            let made = Closure::wrap(act);
            let function: js_sys::Function = made.as_ref().unchecked_ref::<js_sys::Function>().clone();
            handlers.push(made);
            function
        };
        source.set_onopen(Some(&handler(Box::new(move |_| self.opened()))));
        source.set_onerror(Some(&handler(Box::new(move |_| self.interrupted()))));
        let heard = handler(Box::new(move |event| self.heard(&event)));
        for kind in EventKind::ALL {
            let _ = source.add_event_listener_with_callback(kind.as_str(), &heard);
        }
        self.stream.try_update_value(|stream| *stream = Some(Stream { source, _handlers: handlers }));
    }

    fn opened(self) {
        self.failures.try_update_value(|failures| *failures = 0);
        self.state.try_set(LiveState::Live);
        self.pass_on(OPENED);
        // The first time too: what happened between a page's fetch and this moment is not in the stream.
        self.tell(&News::Opened);
    }

    fn interrupted(self) {
        self.state.try_set(LiveState::Interrupted);
        self.pass_on(INTERRUPTED);
        let closed = self.stream.try_with_value(|stream| {
            stream.as_ref().is_some_and(|stream| stream.source.ready_state() == EventSource::CLOSED)
        });
        // Otherwise the browser connects again by itself and says which event it had last.
        if closed == Some(true) {
            self.reopen();
        }
    }

    fn reopen(self) {
        let Some(failures) = self.failures.try_update_value(|failures| {
            *failures += 1;
            *failures
        }) else {
            return;
        };
        start_detached(async move {
            pause(Duration::from_secs(1 << failures.min(5).saturating_sub(1))).await;
            // A stream that the browser gave up was refused: most often because the session needs renewing.
            if self.failures.try_get_value() != Some(failures) || !self.is_wanted() {
                return;
            }
            match self.client.renew().await {
                Err(Fault::SignedOut) => self.pass_on(SIGNED_OUT),
                _ if self.failures.try_get_value() == Some(failures) => self.open(),
                _ => {}
            }
        });
    }

    fn heard(self, event: &web_sys::Event) {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        let Some(text) = text else { return };
        self.pass_on(&text);
        if let Ok(event) = serde_json::from_str(&text) {
            self.tell(&News::Event(event));
        }
    }

    /// Whether this tab is to have a stream: it leads, or it is visible where tabs cannot share one.
    fn is_wanted(self) -> bool {
        match self.relay() {
            Some(relay) => relay.leads(),
            None => !document().hidden(),
        }
    }

    fn visibility_changed(self) {
        if !document().hidden() {
            let closed = self.stream.try_with_value(|stream| {
                stream.as_ref().is_none_or(|stream| stream.source.ready_state() == EventSource::CLOSED)
            });
            if closed == Some(true) && self.is_wanted() {
                self.open();
            }
            return self.check();
        }
        if self.relay().is_some() {
            return;
        }
        start_detached(async move {
            pause(HIDDEN_FOR).await;
            if document().hidden() {
                self.state.try_set(LiveState::Interrupted);
                self.close();
            }
        });
    }
}

/// The live stream, inside the signed-in app.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::provide)
}
