//! Renewing the session. Refresh tokens rotate and a reused one ends the session everywhere, so only one tab of
//! the browser may renew at a time: the browser's lock manager sees to that.
//!
//! It must never send a refresh without first looking whether another tab has renewed already.

use std::{cell::RefCell, rc::Rc};

use gloo_net::http::Method;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::{
    client::{Call, attempt},
    fault::Fault,
};

const LOCK: &str = "smsc-refresh";

/// Renews the session, unless another tab just did.
pub(super) async fn renew() -> Result<(), Fault> {
    let outcome = Rc::new(RefCell::new(None));
    let told = Rc::clone(&outcome);
    let Some(waiting) = with_lock(move || {
        future_to_promise(async move {
            let renewed = renew_alone().await;
            told.replace(Some(renewed));
            Ok(JsValue::UNDEFINED)
        })
    }) else {
        // No lock manager: the page is not served securely, and there is nothing better to do.
        return renew_alone().await;
    };
    let _ = JsFuture::from(waiting).await;
    outcome.take().unwrap_or(Err(Fault::Unreachable))
}

async fn renew_alone() -> Result<(), Fault> {
    match attempt(&Call::new(Method::GET, "/me")).await {
        Err(fault) if fault.is_session_over() => {}
        other => return other.map(drop),
    }
    match attempt(&Call::new(Method::POST, "/sessions/refresh")).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.problem().is_some_and(|problem| matches!(problem.status, 401 | 403)) => {
            Err(Fault::SignedOut)
        }
        Err(fault) => Err(fault),
    }
}

/// Runs `task` while this tab holds the lock; `None` where the browser has no lock manager.
fn with_lock(task: impl FnOnce() -> Promise + 'static) -> Option<Promise> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue { task().into() });
    request.call2(&locks, &LOCK.into(), &callback).ok()?.dyn_into().ok()
}
