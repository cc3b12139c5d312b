//! Shares one event stream among all tabs of a browser. The tab that holds the browser's lock is the leader: it opens
//! the stream, and forwards its events to the other tabs. Browsers open at most six connections to a server over
//! HTTP/1.1, and a stream per tab would use them up.
//!
//! A tab that closes releases the lock at once. A frozen tab keeps it, until a visible tab that gets no response steals
//! it.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use shared::ids::AccountId;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::Live;
use crate::tasks::spawn_detached;

/// A tab's share in the stream of the browser.
pub(super) struct Relay {
    live: Live,
    channel: BroadcastChannel,
    /// The name of the lock and the channel. Each account has its own, because accounts receive different events.
    name: String,
    /// Number of the latest request for the lock. Earlier requests are obsolete.
    request: Cell<u32>,
    /// Cancels the latest request while it waits.
    waiting: RefCell<Option<AbortController>>,
    /// Releases the lock. Present while this tab is the leader.
    release: RefCell<Option<Function>>,
    _received: Closure<dyn Fn(MessageEvent)>,
}

impl Relay {
    /// Joins the tabs of this account. `None` when the browser has no lock manager, as on pages served over HTTP.
    pub(super) fn join(live: Live, account: Option<AccountId>) -> Option<Rc<Self>> {
        locks()?;
        let name = format!("smsc-live-{}", account.map(|account| account.to_string()).unwrap_or_default());
        let channel = BroadcastChannel::new(&name).ok()?;
        let received = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(text) = message.data().as_string() {
                live.received(&text);
            }
        });
        channel.set_onmessage(Some(received.as_ref().unchecked_ref()));
        let relay = Rc::new(Self {
            live,
            channel,
            name,
            request: Cell::new(0),
            waiting: RefCell::default(),
            release: RefCell::default(),
            _received: received,
        });
        relay.request_lock(false);
        Some(relay)
    }

    /// Returns whether this tab is the leader.
    pub(super) fn is_leader(&self) -> bool {
        self.release.borrow().is_some()
    }

    /// Posts a message to the other tabs.
    pub(super) fn post(&self, text: &str) {
        let _ = self.channel.post_message(&text.into());
    }

    /// Releases the lock, or cancels the request for it.
    pub(super) fn release_lock(&self) {
        self.request.set(self.request.get() + 1);
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }

    /// Requests the lock. `steal` takes it from the tab that holds it.
    pub(super) fn request_lock(self: &Rc<Self>, steal: bool) {
        self.release_lock();
        let number = self.request.get();
        let relay = Rc::downgrade(self);
        let granted = Closure::once_into_js(move |_lock: JsValue| lead(&relay, number));
        let Some(outcome) = self.call_request(steal, &granted) else { return };
        let relay = Rc::downgrade(self);
        spawn_detached(async move {
            let stolen = JsFuture::from(outcome).await.is_err();
            let relay = relay.upgrade().filter(|relay| stolen && relay.request.get() == number);
            if let Some(relay) = relay {
                relay.request_lock(false);
                relay.live.follow();
            }
        });
    }

    /// Calls `navigator.locks.request(name, options, granted)`.
    fn call_request(&self, steal: bool, granted: &JsValue) -> Option<Promise> {
        let locks = locks()?;
        let options = Object::new();
        // A stolen lock is granted at once, so that request cannot be cancelled.
        if steal {
            Reflect::set(&options, &"steal".into(), &JsValue::TRUE).ok()?;
        } else {
            let waiting = AbortController::new().ok()?;
            Reflect::set(&options, &"signal".into(), &waiting.signal()).ok()?;
            self.waiting.replace(Some(waiting));
        }
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        request.call3(&locks, &self.name.as_str().into(), &options, granted).ok()?.dyn_into().ok()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.release_lock();
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

/// Runs when the lock is granted. This tab is the leader until the returned promise is resolved.
fn lead(relay: &Weak<Relay>, number: u32) -> JsValue {
    let Some(relay) = relay.upgrade().filter(|relay| relay.request.get() == number) else {
        return JsValue::UNDEFINED;
    };
    relay.waiting.take();
    let held = Promise::new(&mut |resolve, _| {
        relay.release.replace(Some(resolve));
    });
    relay.live.lead();
    held.into()
}

fn locks() -> Option<JsValue> {
    Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)
}
