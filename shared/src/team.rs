//! Teams, the numbers that they own, and who belongs to them.

use serde::{Deserialize, Deserializer, Serialize};

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
    /// The answer to HELP and INFO; `null` while nothing is answered.
    #[serde(default)]
    pub help_reply: Option<String>,
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
    /// The answer to a message that is HELP or INFO, 1 to 1600 characters without placeholders. `null` answers nothing;
    /// when left out, it stays as it is.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub help_reply: Option<Option<String>>,
}

/// Tells a field that is `null` from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `POST /teams/{id}/numbers`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTeamNumber {
    /// The number, in any usual format of the team's region.
    pub number: String,
}
