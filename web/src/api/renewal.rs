//! Renews the session. Refresh tokens are for one use, and a reused token ends the session, so only one tab of the
//! browser may renew at a time. A lock of the browser ensures that.
//!
//! Before a refresh, `check_and_renew` checks whether another tab has renewed the session already.

use std::{cell::RefCell, rc::Rc};

use gloo_net::http::Method;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::{
    client::{Call, send_once},
    error::RequestError,
};

const LOCK: &str = "smsc-refresh";

/// Renews the session, unless another tab has just done so.
pub(super) async fn renew() -> Result<(), RequestError> {
    let outcome = Rc::new(RefCell::new(None));
    let result = Rc::clone(&outcome);
    let Some(waiting) = with_lock(move || {
        future_to_promise(async move {
            let renewed = check_and_renew().await;
            result.replace(Some(renewed));
            Ok(JsValue::UNDEFINED)
        })
    }) else {
        // Browsers have no lock manager on pages served over HTTP. Renew without a lock.
        return check_and_renew().await;
    };
    let _ = JsFuture::from(waiting).await;
    outcome.take().unwrap_or(Err(RequestError::Unreachable))
}

async fn check_and_renew() -> Result<(), RequestError> {
    match send_once(&Call::new(Method::GET, "/me")).await {
        Err(error) if error.is_session_over() => {}
        other => return other.map(drop),
    }
    match send_once(&Call::new(Method::POST, "/sessions/refresh")).await {
        Ok(_) => Ok(()),
        Err(error) if error.problem().is_some_and(|problem| matches!(problem.status, 401 | 403)) => {
            Err(RequestError::SignedOut)
        }
        Err(error) => Err(error),
    }
}

/// Runs `task` while this tab holds the lock; `None` where the browser has no lock manager.
fn with_lock(task: impl FnOnce() -> Promise + 'static) -> Option<Promise> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue { task().into() });
    request.call2(&locks, &LOCK.into(), &callback).ok()?.dyn_into().ok()
}
