//! The live stream: which things changed, told to what is on screen.
//!
//! It must never carry content (pages fetch what they may see) and never touch a page itself.

use std::{cell::RefCell, collections::BTreeMap, pin::Pin, rc::Rc, time::Duration};

use leptos::{prelude::*, reactive::owner::WeakOwner};
use shared::event::{Event, EventKind};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use crate::{
    api::{Client, EVENTS, Fault},
    clock::pause,
    session::use_client,
    tasks::{Home, start_detached},
};

/// How long a tab that nobody sees keeps its stream: browsers open only six connections to a server.
const HIDDEN_FOR: Duration = Duration::from_secs(60);
/// Events come in bursts; what is on screen is fetched once for a burst.
const BURST: Duration = Duration::from_millis(120);

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
    /// Not yet.
    Connecting,
    /// It does.
    Live,
    /// It did, and will again.
    Interrupted,
}

type Listener = Rc<dyn Fn(&News)>;
type Handler = Closure<dyn FnMut(web_sys::Event)>;

/// The live stream of this tab.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    client: Client,
    /// How things stand.
    pub(crate) state: RwSignal<LiveState>,
    listeners: StoredValue<Rc<RefCell<BTreeMap<u32, Listener>>>, LocalStorage>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
    /// How often opening failed in a row.
    failures: StoredValue<u32>,
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
    /// Opens the stream for the components below, and closes it with them.
    pub(crate) fn provide() -> Self {
        let live = Self {
            client: use_client(),
            state: RwSignal::new(LiveState::Connecting),
            listeners: StoredValue::new_local(Rc::default()),
            stream: StoredValue::new_local(None),
            failures: StoredValue::new(0),
        };
        provide_context(live);
        live.open();
        let seen = window_event_listener(leptos::ev::visibilitychange, move |_| live.visibility_changed());
        on_cleanup(move || {
            seen.remove();
            live.stream.try_update_value(|stream| *stream = None);
        });
        live
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
        // The first time too: what happened between a page's fetch and this moment was told to nobody.
        self.tell(&News::Opened);
    }

    fn interrupted(self) {
        self.state.try_set(LiveState::Interrupted);
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
            if self.failures.try_get_value() != Some(failures) || document().hidden() {
                return;
            }
            match self.client.renew().await {
                Err(Fault::SignedOut) => {}
                _ if self.failures.try_get_value() == Some(failures) => self.open(),
                _ => {}
            }
        });
    }

    fn heard(self, event: &web_sys::Event) {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        if let Some(event) = text.and_then(|text| serde_json::from_str::<Event>(&text).ok()) {
            self.tell(&News::Event(event));
        }
    }

    fn visibility_changed(self) {
        if !document().hidden() {
            let closed = self.stream.try_with_value(|stream| {
                stream.as_ref().is_none_or(|stream| stream.source.ready_state() == EventSource::CLOSED)
            });
            if closed == Some(true) {
                self.open();
            }
            return;
        }
        start_detached(async move {
            pause(HIDDEN_FOR).await;
            if document().hidden() {
                self.state.try_set(LiveState::Interrupted);
                self.stream.try_update_value(|stream| *stream = None);
            }
        });
    }
}

/// The live stream, inside the signed-in app.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::provide)
}

/// Wraps a fetch so that a burst of calls makes one, one is under way at most, and a call meanwhile makes another.
/// It ends with the current owner.
pub(crate) fn coalesced<Task>(fetch: impl Fn() -> Task + 'static) -> Callback<()>
where
    Task: Future<Output = ()> + 'static,
{
    coalesced_boxed(Rc::new(move || Box::pin(fetch())))
}

type Fetch = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

#[derive(Clone, Copy, PartialEq)]
enum Fetching {
    Idle,
    Running,
    Again,
}

fn coalesced_boxed(fetch: Fetch) -> Callback<()> {
    let home = Home::here();
    let fetch = StoredValue::new_local(fetch);
    let state = StoredValue::new(Fetching::Idle);
    Callback::new(move |()| {
        let Some(before) = state.try_get_value() else { return };
        if before != Fetching::Idle {
            state.set_value(Fetching::Again);
            return;
        }
        state.set_value(Fetching::Running);
        home.start(async move {
            loop {
                pause(BURST).await;
                let Some(fetch) = fetch.try_get_value() else { return };
                // What is asked for from here on may have missed the answer.
                state.try_set_value(Fetching::Running);
                fetch().await;
                if state.try_get_value() != Some(Fetching::Again) {
                    break;
                }
            }
            state.try_set_value(Fetching::Idle);
        });
    })
}
