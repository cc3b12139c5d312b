//! Webhook endpoints: the URLs of a team's other systems, to which the server sends what happens.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{TeamId, WebhookEndpointId};

/// Maximum length of an endpoint's URL, in characters.
pub const MAX_URL_CHARACTERS: usize = 2000;
/// Maximum length of an endpoint's description, in characters.
pub const MAX_DESCRIPTION_CHARACTERS: usize = 200;
/// Maximum number of endpoints of a team.
pub const MAX_ENDPOINTS: usize = 20;

/// What a webhook reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEventType {
    /// A message from a customer was received. Data: `message`, `conversation`.
    #[serde(rename = "message.received")]
    MessageReceived,
    /// A message to a customer was queued, scheduled or held, or its delivery status changed. Data: `message`,
    /// `conversation`.
    #[serde(rename = "message.status")]
    MessageStatus,
    /// A conversation started, by a message of the customer or of the team. Data: `conversation`.
    #[serde(rename = "conversation.opened")]
    ConversationOpened,
    /// A conversation was assigned to an account, or became unassigned. A reply that assigns an unassigned conversation is
    /// only a `message.status`. Data: `conversation`.
    #[serde(rename = "conversation.assigned")]
    ConversationAssigned,
    /// A conversation was closed. Data: `conversation`.
    #[serde(rename = "conversation.closed")]
    ConversationClosed,
    /// A customer opted out of messages from one of the team's numbers, or opted in again. Data: `consent`, and
    /// `conversation` if one is in progress.
    #[serde(rename = "consent.changed")]
    ConsentChanged,
    /// A daily file became the team's current one. Data: `daily_file`.
    #[serde(rename = "daily_file.imported")]
    DailyFileImported,
}

impl WebhookEventType {
    /// Every type.
    pub const ALL: [WebhookEventType; 7] = [
        WebhookEventType::MessageReceived,
        WebhookEventType::MessageStatus,
        WebhookEventType::ConversationOpened,
        WebhookEventType::ConversationAssigned,
        WebhookEventType::ConversationClosed,
        WebhookEventType::ConsentChanged,
        WebhookEventType::DailyFileImported,
    ];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WebhookEventType::MessageReceived => "message.received",
            WebhookEventType::MessageStatus => "message.status",
            WebhookEventType::ConversationOpened => "conversation.opened",
            WebhookEventType::ConversationAssigned => "conversation.assigned",
            WebhookEventType::ConversationClosed => "conversation.closed",
            WebhookEventType::ConsentChanged => "consent.changed",
            WebhookEventType::DailyFileImported => "daily_file.imported",
        }
    }
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// An account or API key disabled it.
    Manual,
    /// A delivery failed at its last attempt.
    Failing,
    /// The endpoint answered with status 410 (Gone).
    Gone,
}

impl DisabledReason {
    /// Returns the value used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DisabledReason::Manual => "manual",
            DisabledReason::Failing => "failing",
            DisabledReason::Gone => "gone",
        }
    }
}

/// A webhook endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpoint {
    /// The endpoint's id.
    pub id: WebhookEndpointId,
    /// The team whose events are sent.
    pub team_id: TeamId,
    /// The URL to which deliveries are posted.
    pub url: String,
    /// What the endpoint is for; may be empty.
    pub description: String,
    /// The types of events that are sent.
    pub event_types: BTreeSet<WebhookEventType>,
    /// Whether deliveries are sent. Those of a disabled endpoint wait, for 30 days at most.
    pub enabled: bool,
    /// When the endpoint was disabled; `null` while it is enabled.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why the endpoint is disabled; `null` while it is enabled.
    pub disabled_reason: Option<DisabledReason>,
    /// Until when the previous secret signs too; `null` when there is none.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// The name of the account or API key that created the endpoint.
    pub created_by: String,
    /// When the endpoint was created. It gets the events from then on.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// The secret that signs deliveries, `whsec_...`. Only the responses that create or rotate it contain it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

impl fmt::Debug for WebhookEndpoint {
    /// Leaves the secret out, so that it cannot reach a log, and the URL, which can contain a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEndpoint")
            .field("id", &self.id)
            .field("team_id", &self.team_id)
            .finish_non_exhaustive()
    }
}

/// `POST /teams/{id}/webhook_endpoints`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewWebhookEndpoint {
    /// The URL to which deliveries are posted: `https`, without a user name, a password or a fragment.
    pub url: String,
    /// What the endpoint is for, at most 200 characters.
    #[serde(default)]
    pub description: String,
    /// The types of events to send; at least one.
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::unique::required"))]
    pub event_types: BTreeSet<WebhookEventType>,
}

/// `PUT /webhook_endpoints/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpointChange {
    /// The URL to which deliveries are posted.
    pub url: String,
    /// What the endpoint is for.
    #[serde(default)]
    pub description: String,
    /// The types of events to send; at least one.
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::unique::required"))]
    pub event_types: BTreeSet<WebhookEventType>,
    /// `false` disables the endpoint. `true` enables it again and sends what waits, the failed deliveries first.
    /// Unchanged when left out.
    #[serde(default)]
    pub enabled: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_and_a_reason_have_the_same_value_in_json_and_in_the_database() {
        for known in WebhookEventType::ALL {
            assert_eq!(serde_json::to_value(known).unwrap(), known.as_str());
        }
        for reason in [DisabledReason::Manual, DisabledReason::Failing, DisabledReason::Gone] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
