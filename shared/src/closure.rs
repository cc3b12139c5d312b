//! Closing a conversation: reasons and the closure itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ClosureReasonId, MessageId, TeamId};

/// The longest note that a closure takes, in characters.
pub const MAX_NOTE_CHARACTERS: usize = 1000;

/// A reason to choose when closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosureReason {
    /// Its id.
    pub id: ClosureReasonId,
    /// The team it belongs to; `null` when it belongs to all.
    pub team_id: Option<TeamId>,
    /// Its name.
    pub name: String,
    /// Its place among those of the same team, from 0.
    pub position: i32,
    /// Since when it is not offered any more; `null` while it is.
    pub archived_at: Option<DateTime<Utc>>,
}

/// `POST /closure_reasons`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewClosureReason {
    /// The team it belongs to; `null` for all teams, which only those may who act in all.
    pub team_id: Option<TeamId>,
    /// Its name, 1 to 100 characters; a team has no two with the same.
    pub name: String,
}

/// `PUT /closure_reasons/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosureReasonChange {
    /// Its name.
    pub name: String,
    /// Its place among those of the same team, from 0; where it is when left out.
    #[serde(default)]
    pub position: Option<usize>,
    /// `false` offers it again after it was archived.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// `POST /conversations/{id}/closure`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewClosure {
    /// Why.
    pub closure_reason_id: ClosureReasonId,
    /// Anything to add, for colleagues.
    #[serde(default)]
    pub note: Option<String>,
    /// The last message that the caller saw. The closure is held (409) when the customer or a colleague wrote after it.
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
    /// What was added.
    pub note: Option<String>,
    /// The name of who closed it.
    pub closed_by: String,
    /// When.
    pub closed_at: DateTime<Utc>,
}
