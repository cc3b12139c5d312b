//! One request to the API: cookies, the CSRF header, one renewal of the session, and the answer or a [`Fault`].
//!
//! It must never decide what a fault means to a page, and never send a request twice on its own, except once
//! after the session was renewed (the first was refused unread).

use gloo_net::http::{Method, RequestBuilder};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use shared::{Page, page::MAX_LIMIT};
use wasm_bindgen::JsCast;

use super::{fault::Fault, renewal};
use crate::clock::server_time;

pub(super) const BASE: &str = "/api/v1";

/// The live stream's address, for `EventSource`.
pub(crate) const EVENTS: &str = "/api/v1/events";

pub(super) const CSRF_HEADER: &str = "X-CSRF-Token";
pub(super) const RETRY_AFTER: &str = "Retry-After";

/// The way to the API. `ended` counts how often the session turned out to be over.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    ended: RwSignal<u32>,
}

/// What to ask.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<String>,
    pub(super) idempotency_key: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, body: None, idempotency_key: None }
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { ended: RwSignal::new(0) }
    }

    /// How often the session turned out to be over; it changes when someone must sign in again.
    pub(crate) fn ended(self) -> u32 {
        self.ended.get()
    }

    pub(super) async fn get<T: DeserializeOwned>(self, path: &str) -> Result<T, Fault> {
        read(&self.get_text(path).await?)
    }

    pub(super) async fn get_text(self, path: &str) -> Result<String, Fault> {
        self.exchange(Call::new(Method::GET, path)).await
    }

    /// Every item of a list, page after page.
    pub(super) async fn get_all<T: DeserializeOwned>(self, path: &str) -> Result<Vec<T>, Fault> {
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{joint}limit={MAX_LIMIT}");
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
    ) -> Result<T, Fault> {
        read(&self.post_text(path, body, idempotency_key).await?)
    }

    pub(super) async fn post_text(
        self,
        path: &str,
        body: &impl Serialize,
        idempotency_key: &str,
    ) -> Result<String, Fault> {
        let body = serde_json::to_string(body).map_err(|_| Fault::Unreadable)?;
        let call =
            Call { method: Method::POST, path, body: Some(body), idempotency_key: Some(idempotency_key) };
        self.exchange(call).await
    }

    /// Creates by POST, or replaces by PUT, where a second try does no harm by itself.
    pub(super) async fn write<T: DeserializeOwned>(
        self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Fault> {
        read(&self.write_text(method, path, body).await?)
    }

    /// The same, where the answer is empty or of no interest.
    pub(super) async fn write_text(
        self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<String, Fault> {
        let body = serde_json::to_string(body).map_err(|_| Fault::Unreadable)?;
        self.exchange(Call { body: Some(body), ..Call::new(method, path) }).await
    }

    pub(super) async fn delete(self, path: &str) -> Result<(), Fault> {
        self.exchange(Call::new(Method::DELETE, path)).await.map(drop)
    }

    /// Whether there may be a session in this browser: its readable cookie is there.
    pub(crate) fn may_be_signed_in(self) -> bool {
        csrf_token().is_some()
    }

    /// Makes sure that the session stands, for what cannot say why it was refused (the live stream).
    pub(crate) async fn renew(self) -> Result<(), Fault> {
        let outcome = renewal::renew().await;
        if matches!(outcome, Err(Fault::SignedOut)) {
            forget_csrf_token();
            self.ended.try_update(|ended| *ended += 1);
        }
        outcome
    }

    async fn exchange(self, call: Call<'_>) -> Result<String, Fault> {
        match attempt(&call).await {
            Err(fault) if fault.is_session_over() => {
                self.renew().await?;
                attempt(&call).await
            }
            other => other,
        }
    }
}

/// Reads an answer's body.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Unreadable)
}

/// Asks once. The request is aborted when the future is dropped: with its page.
pub(super) async fn attempt(call: &Call<'_>) -> Result<String, Fault> {
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
    let request = match &call.body {
        Some(body) => builder.header("Content-Type", "application/json").body(body.as_str()),
        None => builder.build(),
    };
    let response = request.map_err(|_| Fault::Unreachable)?.send().await.map_err(|_| Fault::Unreachable)?;
    if let Some(date) = response.headers().get("Date") {
        server_time(&date);
    }
    let text = response.text().await.map_err(|_| Fault::Unreachable)?;
    if response.ok() {
        return Ok(text);
    }
    Err(refused(response.status(), &text, response.headers().get(RETRY_AFTER)))
}

/// What an answer means that is not the one asked for.
pub(super) fn refused(status: u16, text: &str, retry_after: Option<String>) -> Fault {
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    match serde_json::from_str(text) {
        Ok(problem) => Fault::Refused { problem: Box::new(problem), retry_after },
        // A proxy between us and the server answers in its own way.
        Err(_) if status >= 500 => Fault::Unreachable,
        Err(_) => Fault::Unreadable,
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

/// What goes into [`CSRF_HEADER`] with every request that changes something.
pub(super) fn csrf_token() -> Option<String> {
    let cookies = document().unchecked_into::<web_sys::HtmlDocument>().cookie().ok()?;
    let find = |name: &str| cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(name));
    // The name over HTTPS counts first: one by HTTP may be left from before.
    let token = find("__Host-smsc_csrf=").or_else(|| find("smsc_csrf="))?;
    Some(token.to_owned())
}

/// Forgets the cookie of a session that is over, so that the next visit asks for nothing that is refused.
pub(super) fn forget_csrf_token() {
    let document = document().unchecked_into::<web_sys::HtmlDocument>();
    for (prefix, secure) in [("", ""), ("__Host-", "; Secure")] {
        let _ = document.set_cookie(&format!("{prefix}smsc_csrf=; Path=/; Max-Age=0{secure}"));
    }
}

/// A text as it stands in a query.
pub(super) fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// A new idempotency key: a random UUID (`crypto.randomUUID` is missing where a page is not served securely).
pub(crate) fn new_idempotency_key() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let mut key = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            key.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            key.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    key
}
