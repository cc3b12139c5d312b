//! The connection of the event stream.

use shared::{event::EventKind, presence::PRESENCE_CHANGED};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventSource;

use super::Live;
use crate::api::EVENTS;

type Handler = Closure<dyn FnMut(web_sys::Event)>;

/// An open connection. Dropping it closes the connection.
pub(super) struct Stream {
    source: EventSource,
    _handlers: Vec<Handler>,
}

impl Stream {
    /// Connects, and hands everything that happens to `live`.
    pub(super) fn open(live: Live) -> Option<Self> {
        let source = EventSource::new(EVENTS).ok()?;
        let mut handlers: Vec<Handler> = Vec::new();
        let mut handler = |act: Box<dyn FnMut(web_sys::Event)>| {
            let made = Closure::wrap(act);
            let function: js_sys::Function = made.as_ref().unchecked_ref::<js_sys::Function>().clone();
            handlers.push(made);
            function
        };
        source.set_onopen(Some(&handler(Box::new(move |_| live.opened()))));
        source.set_onerror(Some(&handler(Box::new(move |_| live.interrupted()))));
        let on_event = handler(Box::new(move |event| live.receive_event(&event)));
        for kind in EventKind::ALL.map(EventKind::as_str).into_iter().chain([PRESENCE_CHANGED]) {
            let _ = source.add_event_listener_with_callback(kind, &on_event);
        }
        Some(Self { source, _handlers: handlers })
    }

    /// Returns whether the browser has given the connection up.
    pub(super) fn is_closed(&self) -> bool {
        self.source.ready_state() == EventSource::CLOSED
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
