//! The history of a customer with a team: the conversations before one conversation, with their messages.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{PhoneNumber, ids::ConversationId, message::Message};

/// A conversation of the same customer with the same team that started earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EarlierConversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// The team's number that it was held with.
    pub team_number: PhoneNumber,
    /// When it started.
    #[serde(deserialize_with = "crate::time::required")]
    pub opened_at: DateTime<Utc>,
    /// When it was closed; `null` for one that is still live, on another number of the team.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub closed_at: Option<DateTime<Utc>>,
    /// The name of the account or API key that closed it.
    pub closed_by: Option<String>,
    /// The name of the closure reason.
    pub closure_reason: Option<String>,
    /// The note of the closure.
    pub closure_note: Option<String>,
}

/// `GET /conversations/{id}/history`: a page of the messages of a customer's earlier conversations with the team. The
/// newest page comes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct History {
    /// The conversations of the messages on this page, oldest first. A conversation whose messages are on several pages
    /// is in each of them.
    pub conversations: Vec<EarlierConversation>,
    /// The messages, conversation by conversation, oldest first.
    pub items: Vec<Message>,
    /// The `before` of the next older page; `null` on the last page.
    pub next_cursor: Option<String>,
}
