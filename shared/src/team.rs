//! Teams, the numbers that they own, and who belongs to them.

use serde::{Deserialize, Serialize};

use crate::{
    PhoneNumber,
    account::Role,
    ids::{AccountId, TeamId},
};

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

/// A member of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The account's id.
    pub account_id: AccountId,
    /// Its name.
    pub display_name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its role.
    pub role: Role,
    /// Whether it is shut out.
    pub disabled: bool,
}

/// A team with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamDetail {
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
    /// Who belongs to it, by name.
    pub members: Vec<Member>,
}

/// `POST /teams` and `PUT /teams/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTeam {
    /// Its name, 1 to 100 characters; no two teams have the same.
    pub name: String,
    /// The region whose local numbers it dials, as ISO 3166-1 alpha-2 (`GB`).
    pub region: String,
    /// The IANA time zone in which its times are shown (`Europe/London`).
    pub time_zone: String,
}

/// `POST /teams/{id}/numbers`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTeamNumber {
    /// The number, in any usual format of the team's region.
    pub number: String,
}
