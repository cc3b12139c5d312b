//! Sends requests to the API: adds the CSRF header, renews an expired session, and returns the response or a [`RequestError`].
//!
//! A request is sent again only after the session was renewed, because the server refused the first one without
//! processing it.

use std::{cell::Cell, time::Duration};

use gloo_net::http::{Method, RequestBuilder};
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use shared::{Page, page::MAX_LIMIT};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    error::{Problem, RequestError},
    renewal,
};
use crate::{
    clock::{pause, sync_server_time},
    json,
    tasks::spawn_detached,
};

pub(super) const BASE: &str = "/api/v1";

/// The address of the event stream.
pub(crate) const EVENTS: &str = "/api/v1/events";

pub(super) const CSRF_HEADER: &str = "X-CSRF-Token";
pub(super) const RETRY_AFTER: &str = "Retry-After";

/// The API client. `ended` counts how often a request found that the session is over.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    ended: RwSignal<u32>,
}

/// A request to send.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<String>,
    pub(super) idempotency_key: Option<&'a str>,
    /// A header that makes the request depend on the version of the resource.
    pub(super) condition: Option<(&'static str, &'a str)>,
}

/// A successful response.
pub(super) struct Received {
    pub(super) text: String,
    pub(super) etag: Option<String>,
    /// The resource is as in the response with the known entity tag.
    is_unchanged: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, body: None, idempotency_key: None, condition: None }
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { ended: RwSignal::new(0) }
    }

    /// Returns how often the session has ended, tracked. When it changes, the user must sign in again.
    pub(crate) fn ended(self) -> u32 {
        self.ended.get()
    }

    pub(super) async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, RequestError> {
        read(&self.get_text(path).await?)
    }

    pub(super) async fn get_text(self, path: &str) -> Result<String, RequestError> {
        Ok(self.send(Call::new(Method::GET, path)).await?.text)
    }

    /// Fetches a resource with its entity tag. Returns `None` if it has not changed since the response with the tag
    /// `known`.
    pub(super) async fn get_changed<T: DeserializeOwned>(
        self,
        path: &str,
        known: Option<&str>,
    ) -> Result<Option<(T, Option<String>)>, RequestError> {
        // The browser stores no responses, so it sends no entity tags by itself.
        let condition = known.map(|known| ("If-None-Match", known));
        let received = self.send(Call { condition, ..Call::new(Method::GET, path) }).await?;
        if received.is_unchanged {
            return Ok(None);
        }
        Ok(Some((read(&received.text)?, received.etag)))
    }

    /// Fetches all pages of a list, and returns their items.
    pub(super) async fn get_all<T: DeserializeOwned>(self, path: &str) -> Result<Vec<T>, RequestError> {
        let mut items = Vec::new();
        let separator = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{separator}limit={MAX_LIMIT}");
        let mut next = first.clone();
        loop {
            let page: Page<T> = self.get(&next).await?;
            items.extend(page.items);
            let Some(cursor) = page.next_cursor else {
                return Ok(items);
            };
            let cursor = String::from(js_sys::encode_uri_component(&cursor));
            next = format!("{first}&cursor={cursor}");
        }
    }

    pub(super) async fn post<T: DeserializeOwned>(
        self,
        path: &str,
        body: &impl Serialize,
        idempotency_key: &str,
    ) -> Result<T, RequestError> {
        read(&self.post_text(path, body, idempotency_key).await?)
    }

    pub(super) async fn post_text(
        self,
        path: &str,
        body: &impl Serialize,
        idempotency_key: &str,
    ) -> Result<String, RequestError> {
        let body = serde_json::to_string(body).map_err(|_| RequestError::Unreadable)?;
        let call = Call::new(Method::POST, path);
        let call = Call { body: Some(body), idempotency_key: Some(idempotency_key), ..call };
        Ok(self.send(call).await?.text)
    }

    /// Sends a POST or PUT request that is safe to repeat without an idempotency key.
    pub(super) async fn write<T: DeserializeOwned>(
        self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        read(&self.write_text(method, path, body).await?)
    }

    /// As `write`, but returns the body as text.
    pub(super) async fn write_text(
        self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<String, RequestError> {
        let body = serde_json::to_string(body).map_err(|_| RequestError::Unreadable)?;
        self.send_text(method, path, body).await
    }

    /// As `write_text`, with a body that is JSON already.
    pub(super) async fn send_text(
        self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<String, RequestError> {
        Ok(self.send(Call { body: Some(body), ..Call::new(method, path) }).await?.text)
    }

    pub(super) async fn delete(self, path: &str) -> Result<(), RequestError> {
        self.send(Call::new(Method::DELETE, path)).await.map(drop)
    }

    /// Returns whether this browser may have a session: the readable CSRF cookie is present.
    pub(crate) fn may_be_signed_in(self) -> bool {
        csrf_token().is_some()
    }

    /// Renews the session if necessary. Used by the event stream, which does not learn why a connection was refused.
    pub(crate) async fn renew(self) -> Result<(), RequestError> {
        let outcome = renewal::renew().await;
        if matches!(outcome, Err(RequestError::SignedOut)) {
            forget_csrf_token();
            self.ended.try_update(|ended| *ended += 1);
        }
        outcome
    }

    pub(super) async fn send(self, call: Call<'_>) -> Result<Received, RequestError> {
        match send_once(&call).await {
            Err(error) if error.is_session_over() => {
                self.renew().await?;
                send_once(&call).await
            }
            other => other,
        }
    }
}

/// Parses the body of a response.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, RequestError> {
    json::from_str(text).map_err(|_| RequestError::Unreadable)
}

/// Sends the request once. Dropping the future, for example with its page, aborts the request.
pub(super) async fn send_once(call: &Call<'_>) -> Result<Received, RequestError> {
    let guard = AbortOnDrop(web_sys::AbortController::new().ok());
    let signal = guard.0.as_ref().map(web_sys::AbortController::signal);
    let mut builder = RequestBuilder::new(&format!("{BASE}{}", call.path))
        .method(call.method.clone())
        .header("Accept", "application/json")
        .abort_signal(signal.as_ref());
    if call.method != Method::GET
        && let Some(token) = csrf_token()
    {
        builder = builder.header(CSRF_HEADER, &token);
    }
    if let Some(key) = call.idempotency_key {
        builder = builder.header("Idempotency-Key", key);
    }
    if let Some((name, etag)) = call.condition {
        builder = builder.header(name, etag);
    }
    let request = match &call.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body.as_str()),
        None => builder.build(),
    };
    let response = request
        .map_err(|_| RequestError::Unreachable)?
        .send()
        .await
        .map_err(|_| RequestError::Unreachable)?;
    if let Some(date) = response.headers().get("Date") {
        sync_server_time(&date);
    }
    let text = response.text().await.map_err(|_| RequestError::Unreachable)?;
    let is_unchanged = response.status() == 304;
    if response.ok() || is_unchanged {
        return Ok(Received { text, etag: response.headers().get("ETag"), is_unchanged });
    }
    Err(error_response(response.status(), &text, response.headers().get(RETRY_AFTER)))
}

/// Converts an error response to a [`RequestError`].
pub(super) fn error_response(status: u16, text: &str, retry_after: Option<String>) -> RequestError {
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    match json::from_str::<Problem>(text) {
        Ok(problem) => {
            let problem = Box::new(Problem { response: text.to_owned(), ..problem });
            RequestError::Refused { problem, retry_after }
        }
        // A proxy in front of the server sends errors in its own format.
        Err(_) if status >= 500 => RequestError::Unreachable,
        Err(_) => RequestError::Unreadable,
    }
}

thread_local! {
    /// Number of requests of [`send_beyond_page`] without a response.
    static BEYOND_PAGE: Cell<u32> = const { Cell::new(0) };
}

/// Sends a request that the browser completes even if the page is closed (`keepalive`). Its response is ignored.
pub(super) fn send_beyond_page(method: &str, path: &str, csrf_token: &str, body: &str) {
    let object = |entries: &[(&str, JsValue)]| {
        let object = Object::new();
        for (name, value) in entries {
            let _ = Reflect::set(&object, &(*name).into(), value);
        }
        JsValue::from(object)
    };
    let headers = object(&[("Content-Type", "application/json".into()), (CSRF_HEADER, csrf_token.into())]);
    let options = object(&[
        ("method", method.into()),
        ("keepalive", JsValue::TRUE),
        ("headers", headers),
        ("body", body.into()),
    ]);
    let fetch =
        Reflect::get(&window(), &"fetch".into()).ok().and_then(|fetch| fetch.dyn_into::<Function>().ok());
    let sent = fetch.and_then(|fetch| fetch.call2(&window(), &format!("{BASE}{path}").into(), &options).ok());
    if let Some(promise) = sent.and_then(|sent| sent.dyn_into::<Promise>().ok()) {
        spawn_detached(async move {
            BEYOND_PAGE.set(BEYOND_PAGE.get() + 1);
            let _ = JsFuture::from(promise).await;
            BEYOND_PAGE.set(BEYOND_PAGE.get() - 1);
        });
    }
}

/// Waits until the requests of [`send_beyond_page`] are answered, for at most a second.
pub(super) async fn sent_beyond_page() {
    for _ in 0..50 {
        pause(Duration::from_millis(20)).await;
        if BEYOND_PAGE.get() == 0 {
            break;
        }
    }
}

struct AbortOnDrop(Option<web_sys::AbortController>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// Returns the CSRF token to send in [`CSRF_HEADER`] with state-changing requests.
pub(super) fn csrf_token() -> Option<String> {
    let cookies = document().unchecked_into::<web_sys::HtmlDocument>().cookie().ok()?;
    let find = |name: &str| cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(name));
    // The HTTPS cookie takes precedence, because an older one from HTTP may be left.
    let token = find("__Host-smsc_csrf=").or_else(|| find("smsc_csrf="))?;
    Some(token.to_owned())
}

/// Deletes the CSRF cookie of a session that is over, so that the next visit sends no request that is refused.
pub(super) fn forget_csrf_token() {
    let document = document().unchecked_into::<web_sys::HtmlDocument>();
    for (prefix, secure) in [("", ""), ("__Host-", "; Secure")] {
        let _ = document.set_cookie(&format!("{prefix}smsc_csrf=; Path=/; Max-Age=0{secure}"));
    }
}

/// Encodes a text for a query string.
pub(super) fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Returns a new idempotency key: a random UUID. `crypto.randomUUID` is not available on pages served over HTTP.
pub(crate) fn new_idempotency_key() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let mut key = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            key.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            key.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    key
}
