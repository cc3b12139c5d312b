//! The dialog that shows a delivery: its attempts, the answer, and what was sent.

use js_sys::JSON;
use leptos::prelude::*;
use shared::webhook_delivery::WebhookDelivery;
use wasm_bindgen::JsValue;

use super::labels::{delivery_label, line, status_badge};
use crate::{
    components::{dialog::Dialog, timestamp::date_and_time},
    language::{received, t},
    session::use_session,
};

/// The dialog.
pub(super) fn delivery_dialog(delivery: &WebhookDelivery, close: Callback<()>) -> AnyView {
    let zone = use_session().zone();
    let next = delivery.next_attempt_at.map(|at| line(t!("Next attempt"), date_and_time(at, &zone)));
    let last = delivery.last_attempt_at.map(|at| line(t!("Last attempt"), date_and_time(at, &zone)));
    let status = delivery.response_status.map(|status| {
        line(t!("Answer"), format!("{status} · {} ms", delivery.duration_ms.unwrap_or_default()).into_any())
    });
    let response = delivery.response.as_deref().filter(|text| !text.is_empty()).map(|text| {
        view! {
            <div>
                <h3 class="mb-1 text-sm font-medium">{t!("Beginning of the answer")}</h3>
                {block(if delivery.response_status.is_some() { text.to_owned() } else { received(text) })}
            </div>
        }
    });
    let (title, status_badge) = (delivery_label(delivery), status_badge(delivery));
    let (attempts, webhook_id) = (delivery.attempts.to_string(), delivery.webhook_id.clone());
    let body = indented(&delivery.body);
    view! {
        <Dialog title close>
            <div class="flex flex-col gap-4">
                <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
                    {line(t!("Status"), status_badge)}
                    {line(t!("Attempts"), attempts.into_any())}
                    {last} {next} {status}
                    {line("webhook-id", webhook_id.into_any())}
                </dl>
                {response}
                <div>
                    <h3 class="mb-1 text-sm font-medium">{t!("What was sent")}</h3>
                    {block(body)}
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}

/// A text of a program, which can be scrolled.
fn block(text: String) -> AnyView {
    view! {
        <pre tabindex="0" class="max-h-80 overflow-auto rounded-box bg-base-200 p-3 text-xs whitespace-pre-wrap wrap-anywhere">
            {text}
        </pre>
    }
    .into_any()
}

/// Returns JSON with an indentation, or the text itself if it is no JSON.
fn indented(json: &str) -> String {
    let pretty = JSON::parse(json)
        .and_then(|value| JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &JsValue::from(2)));
    pretty.map_or_else(|_| json.to_owned(), String::from)
}
