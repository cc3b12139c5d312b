//! The assignment of a conversation to an account.

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// The note of an assignment, for the account that has the conversation, or for the team to which it returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentNote {
    /// The note.
    pub text: String,
    /// The name of the account or API key that assigned the conversation; `null` when the server returned it.
    pub by: Option<String>,
}

/// `PUT /conversations/{id}/assignment`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAssignment {
    /// The account that gets the conversation: an enabled member of the team with the permission `reply`.
    pub account_id: AccountId,
    /// A note for the account, up to 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether to assign the conversation even if it is assigned to another account than the caller's.
    #[serde(default)]
    pub force: bool,
}
