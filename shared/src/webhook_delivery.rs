//! Deliveries to webhook endpoints, and their content.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    consent::Consent,
    conversation::Conversation,
    daily_file::DailyFile,
    ids::{ConversationId, TeamId, WebhookDeliveryId, WebhookEndpointId},
    message::Message,
};

/// The type of a test delivery, which an endpoint gets whatever its event types are.
pub const TEST_TYPE: &str = "webhook.test";

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It waits for its first or next attempt.
    Pending,
    /// The endpoint answered with a 2xx status.
    Delivered,
    /// It is not attempted again, unless it is replayed or the endpoint is enabled again.
    Failed,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [DeliveryStatus; 3] =
        [DeliveryStatus::Pending, DeliveryStatus::Delivered, DeliveryStatus::Failed];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed => "failed",
        }
    }
}

/// A delivery: one event for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDelivery {
    /// The delivery's id.
    pub id: WebhookDeliveryId,
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The header `webhook-id`, the same at every attempt and replay. Receivers recognise a repeated delivery by it.
    pub webhook_id: String,
    /// The `type` of the content: one of the endpoint's event types, or `webhook.test`.
    pub event_type: String,
    /// The conversation that the event concerns. Its deliveries arrive in order.
    pub conversation_id: Option<ConversationId>,
    /// The state.
    pub status: DeliveryStatus,
    /// The content, as JSON: the body of the request.
    pub body: String,
    /// Number of attempts since the event, the last replay, or the last time the endpoint was enabled.
    pub attempts: i32,
    /// When the next attempt begins at the earliest; `null` unless the delivery is pending.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the last attempt began; `null` before the first.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// How long the last attempt took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The HTTP status of the last attempt; `null` without an answer.
    pub response_status: Option<i32>,
    /// The beginning of the answer to the last attempt, or why there was none.
    pub response: Option<String>,
    /// When the event was recorded for the endpoint.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
}

/// The content of a delivery, by the Standard Webhooks specification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookPayload {
    /// One of the endpoint's event types, or `webhook.test`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When the event happened.
    #[serde(deserialize_with = "crate::time::required")]
    pub timestamp: DateTime<Utc>,
    /// What the event concerns, as it is when the event is recorded for the endpoint: usually within a second.
    pub data: WebhookData,
}

/// What an event concerns. Which fields there are depends on the type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookData {
    /// The team.
    pub team_id: TeamId,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    /// The message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The entry of the consent ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// The daily file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_file: Option<DailyFile>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_same_value_in_json_and_in_the_database() {
        for status in DeliveryStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
