//! Legal holds: the data of a customer, or of a whole team, must not be erased until the hold is lifted.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{PhoneNumber, ids::LegalHoldId};

/// `POST /teams/{id}/legal_holds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLegalHold {
    /// The customer's number, in any usual format of the team's region; left out for the whole team.
    #[serde(default)]
    pub number: Option<String>,
    /// Why the data must be kept.
    pub reason: String,
}

/// A legal hold that is not lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LegalHold {
    /// The hold's id.
    pub id: LegalHoldId,
    /// The customer's number; `null` for the whole team.
    pub number: Option<PhoneNumber>,
    /// Why the data must be kept.
    pub reason: String,
    /// Who set the hold.
    pub created_by: String,
    /// When it was set.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
}
