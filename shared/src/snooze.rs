//! The snooze of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::MessageId;

/// Who snoozed a conversation, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snooze {
    /// The name of the account or API key that snoozed the conversation.
    pub by: String,
    /// Why; `null` without a note.
    pub note: Option<String>,
}

/// `PUT /conversations/{id}/snooze`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSnooze {
    /// When the conversation returns to the queue: in the future, at most a year ahead.
    pub until: DateTime<Utc>,
    /// Why, up to 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The newest message that the caller has seen. With it, the conversation is only snoozed if neither the customer
    /// nor a colleague wrote after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
}
