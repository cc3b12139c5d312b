//! Closure reasons, and the closure of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ClosureReasonId, MessageId, TeamId};

/// Maximum length of the note of a closure, in characters.
pub const MAX_NOTE_CHARACTERS: usize = 1000;

/// A reason that agents choose from when they close a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosureReason {
    /// The closure reason's id.
    pub id: ClosureReasonId,
    /// The team that the reason belongs to; `null` when it belongs to all teams.
    pub team_id: Option<TeamId>,
    /// The reason's name.
    pub name: String,
    /// Position among the reasons of the same team, from 0.
    pub position: i32,
    /// When the reason was archived; `null` while it can be chosen.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub archived_at: Option<DateTime<Utc>>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// `POST /closure_reasons`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewClosureReason {
    /// The team that the reason belongs to; `null` for all teams, which only an admin can choose.
    pub team_id: Option<TeamId>,
    /// The reason's name, 1 to 100 characters, unique within the team.
    pub name: String,
}

/// `PUT /closure_reasons/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosureReasonChange {
    /// The reason's name.
    pub name: String,
    /// Position among the reasons of the same team, from 0; unchanged when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    pub position: Option<usize>,
    /// `false` restores an archived reason.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// `POST /conversations/{id}/closure`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewClosure {
    /// The reason's id.
    pub closure_reason_id: ClosureReasonId,
    /// A note for colleagues.
    #[serde(default)]
    pub note: Option<String>,
    /// The last message that the caller saw. The closure is refused (409) if there are
    /// later messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
}

/// How a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Closure {
    /// The reason's id.
    pub closure_reason_id: ClosureReasonId,
    /// The reason's name.
    pub closure_reason: String,
    /// The note for colleagues.
    pub note: Option<String>,
    /// The name of the account or API key that closed the conversation.
    pub closed_by: String,
    /// When the conversation was closed.
    #[serde(deserialize_with = "crate::time::required")]
    pub closed_at: DateTime<Utc>,
    /// Number of scheduled messages that the closure cancelled.
    #[serde(default)]
    pub cancelled_messages: i32,
}
