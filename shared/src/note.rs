//! Notes: messages of a team to itself.

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// `POST /conversations/{id}/notes`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewNote {
    /// The text, 1 to 1600 characters. Only the team sees it.
    pub body: String,
    /// The accounts that the note mentions: enabled members of the team, at most 20.
    #[serde(default)]
    pub mentions: Vec<AccountId>,
}
