//! Teams and the numbers that they own.

use serde::{Deserialize, Serialize};

use crate::{PhoneNumber, ids::TeamId};

/// A team as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamSummary {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// The numbers it texts from.
    pub numbers: Vec<PhoneNumber>,
    /// The region whose local numbers it dials, as ISO 3166-1 alpha-2 (`GB`).
    pub region: String,
    /// The IANA time zone in which its times are shown (`Europe/London`).
    pub time_zone: String,
}
