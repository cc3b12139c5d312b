//! Teams with their numbers and members.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    PhoneNumber,
    account::Role,
    ids::{AccountId, TeamId},
};

/// A team, without its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamSummary {
    /// The team's id.
    pub id: TeamId,
    /// The team's name.
    pub name: String,
    /// The numbers that the team sends and receives messages with.
    pub numbers: Vec<PhoneNumber>,
    /// The region for parsing local numbers, as ISO 3166-1 alpha-2 (`GB`).
    pub region: String,
    /// The IANA time zone for displayed times (`Europe/London`).
    pub time_zone: String,
}

/// A member of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The account's id.
    pub account_id: AccountId,
    /// The account's name.
    pub display_name: String,
    /// The account's e-mail address.
    pub email: String,
    /// The account's role.
    pub role: Role,
    /// Whether the account is disabled.
    pub disabled: bool,
}

/// A team with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamDetail {
    /// The team's id.
    pub id: TeamId,
    /// The team's name.
    pub name: String,
    /// The numbers that the team sends and receives messages with.
    pub numbers: Vec<PhoneNumber>,
    /// The region for parsing local numbers, as ISO 3166-1 alpha-2 (`GB`).
    pub region: String,
    /// The IANA time zone for displayed times (`Europe/London`).
    pub time_zone: String,
    /// The automatic reply to HELP and INFO; `null` when there is none.
    #[serde(default)]
    pub help_reply: Option<String>,
    /// The members, by name.
    pub members: Vec<Member>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// `POST /teams` and `PUT /teams/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTeam {
    /// The team's name, 1 to 100 characters, unique.
    pub name: String,
    /// The region for parsing local numbers, as ISO 3166-1 alpha-2 (`GB`).
    pub region: String,
    /// The IANA time zone for displayed times (`Europe/London`).
    pub time_zone: String,
    /// The automatic reply to the messages HELP and INFO, 1 to 1600 characters without placeholders. `null` turns the
    /// reply off; when left out, the reply stays unchanged.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub help_reply: Option<Option<String>>,
}

/// Distinguishes a field that is `null` from one that is left out.
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
