//! Closing a conversation: reasons and the closure itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ClosureReasonId, TeamId};

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
