//! One stream for all tabs of a browser. The tab that holds the browser's lock leads: it opens the stream, and passes on
//! what the stream brings. Browsers open six connections to a server over HTTP/1.1; a stream for each tab would take
//! them all.
//!
//! A tab that closes gives up the lock at once. A frozen tab keeps it; a visible tab that gets no answer takes it away.

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
use crate::tasks::start_detached;

/// A tab's part in the browser's one stream.
pub(super) struct Relay {
    live: Live,
    channel: BroadcastChannel,
    /// Lock and channel have this name. An account has its own: another one gets other events.
    name: String,
    /// Counts the requests for the lock. Only the last one matters.
    request: Cell<u32>,
    /// Withdraws the last request while it waits.
    waiting: RefCell<Option<AbortController>>,
    /// Gives the lock back; there is something to call while this tab leads.
    release: RefCell<Option<Function>>,
    _received: Closure<dyn Fn(MessageEvent)>,
}

impl Relay {
    /// Joins the tabs of this account. `None` where the browser has no locks, which it has only on a page that is served
    /// securely.
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
        relay.queue_up(false);
        Some(relay)
    }

    /// Whether this tab has the stream.
    pub(super) fn leads(&self) -> bool {
        self.release.borrow().is_some()
    }

    /// Tells the other tabs.
    pub(super) fn post(&self, text: &str) {
        let _ = self.channel.post_message(&text.into());
    }

    /// Gives up the lock, or the wait for it.
    pub(super) fn step_down(&self) {
        self.request.set(self.request.get() + 1);
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }

    /// Waits for the lock. `steal` takes it away from the tab that has it.
    pub(super) fn queue_up(self: &Rc<Self>, steal: bool) {
        self.step_down();
        let number = self.request.get();
        let relay = Rc::downgrade(self);
        let granted = Closure::once_into_js(move |_lock: JsValue| lead(&relay, number));
        let Some(outcome) = self.ask(steal, &granted) else { return };
        let relay = Rc::downgrade(self);
        start_detached(async move {
            let stolen = JsFuture::from(outcome).await.is_err();
            let relay = relay.upgrade().filter(|relay| stolen && relay.request.get() == number);
            if let Some(relay) = relay {
                relay.queue_up(false);
                relay.live.follow();
            }
        });
    }

    /// `navigator.locks.request(name, options, granted)`
    fn ask(&self, steal: bool, granted: &JsValue) -> Option<Promise> {
        let locks = locks()?;
        let options = Object::new();
        // A stolen lock comes at once: that request cannot be withdrawn.
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
        self.step_down();
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

/// The lock is granted: this tab leads until the promise is kept.
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
