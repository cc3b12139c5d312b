//! Types of events, states and secrets of webhook endpoints in plain words.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    webhook_delivery::{DeliveryStatus, TEST_TYPE, WebhookDelivery},
    webhook_endpoint::{WebhookEndpoint, WebhookEventType},
};

use crate::{components::secret_dialog::Secret, language::t};

/// Returns the label of a type of events.
pub(super) fn type_label(event_type: WebhookEventType) -> &'static str {
    match event_type {
        WebhookEventType::MessageReceived => t!("Message received"),
        WebhookEventType::MessageStatus => t!("Message status changed"),
        WebhookEventType::ConversationOpened => t!("Conversation opened"),
        WebhookEventType::ConversationAssigned => t!("Conversation assigned"),
        WebhookEventType::ConversationClosed => t!("Conversation closed"),
        WebhookEventType::ConsentChanged => t!("Consent changed"),
        WebhookEventType::DailyFileImported => t!("Daily file imported"),
    }
}

/// Returns the labels of types, as a list.
pub(super) fn type_labels(types: &BTreeSet<WebhookEventType>) -> String {
    types.iter().copied().map(type_label).collect::<Vec<_>>().join(", ")
}

/// Returns the label of a delivery's type. A type that the app does not know is shown as it is.
pub(super) fn delivery_label(delivery: &WebhookDelivery) -> String {
    if delivery.event_type == TEST_TYPE {
        return t!("Test").to_owned();
    }
    let known = WebhookEventType::ALL.into_iter().find(|known| known.as_str() == delivery.event_type);
    known.map_or_else(|| delivery.event_type.clone(), |known| type_label(known).to_owned())
}

/// Shows whether an endpoint is enabled.
pub(super) fn state_badge(endpoint: &WebhookEndpoint) -> AnyView {
    if endpoint.enabled {
        badge(t!("Enabled"), "badge-outline")
    } else {
        badge(t!("Disabled"), "badge-error")
    }
}

/// Shows the status of a delivery.
pub(super) fn status_badge(delivery: &WebhookDelivery) -> AnyView {
    match delivery.status {
        DeliveryStatus::Pending if delivery.attempts == 0 => badge(t!("Waiting"), "badge-outline"),
        DeliveryStatus::Pending => badge(t!("Retrying"), "badge-warning"),
        DeliveryStatus::Delivered => badge(t!("Delivered"), "badge-outline"),
        DeliveryStatus::Failed => badge(t!("Failed"), "badge-error"),
    }
}

fn badge(text: &'static str, colours: &'static str) -> AnyView {
    view! { <span class=format!("badge badge-sm whitespace-nowrap {colours}")>{text}</span> }.into_any()
}

/// Returns the dialog's content for the secret of an endpoint.
pub(super) fn secret_of(endpoint: WebhookEndpoint) -> Secret {
    Secret {
        title: t!("Signing secret").to_owned(),
        warning: t!(
            "Copy the secret now and store it safely. It is shown only once. The receiver checks with it that a request comes from SMS Chat."
        ),
        label: t!("Secret"),
        value: endpoint.secret.unwrap_or_default(),
        confirmation: t!("I have copied the secret"),
        reminder: t!("Copy the secret first, then tick the box. It is not shown again."),
        not_copied: t!("Not copied. The secret is selected: press Ctrl+C."),
    }
}

/// A part of a `<dl>`: a value beside its name.
pub(super) fn line(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <dt class="text-quiet">{name}</dt>
        <dd class="min-w-0 wrap-anywhere">{value}</dd>
    }
    .into_any()
}
