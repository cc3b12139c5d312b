//! Tags, and the tags of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{TagId, TeamId};

/// The colour of a tag, which the screens show beside its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TagColour {
    /// Grey.
    #[default]
    Grey,
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Teal.
    Teal,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
}

impl TagColour {
    /// Every colour.
    pub const ALL: [TagColour; 9] = [
        TagColour::Grey,
        TagColour::Red,
        TagColour::Orange,
        TagColour::Yellow,
        TagColour::Green,
        TagColour::Teal,
        TagColour::Blue,
        TagColour::Purple,
        TagColour::Pink,
    ];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TagColour::Grey => "grey",
            TagColour::Red => "red",
            TagColour::Orange => "orange",
            TagColour::Yellow => "yellow",
            TagColour::Green => "green",
            TagColour::Teal => "teal",
            TagColour::Blue => "blue",
            TagColour::Purple => "purple",
            TagColour::Pink => "pink",
        }
    }
}

/// A tag of the catalogue, which agents put on conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tag {
    /// The tag's id.
    pub id: TagId,
    /// The team that the tag belongs to; `null` when it belongs to all teams.
    pub team_id: Option<TeamId>,
    /// The tag's name.
    pub name: String,
    /// The tag's colour.
    pub colour: TagColour,
    /// Position among the tags of the same team, from 0.
    pub position: i32,
    /// When the tag was archived; `null` while it can be chosen.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub archived_at: Option<DateTime<Utc>>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// `POST /tags`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTag {
    /// The team that the tag belongs to; `null` for all teams, which only an admin can choose.
    pub team_id: Option<TeamId>,
    /// The tag's name, 1 to 100 characters, unique within the team.
    pub name: String,
    /// The tag's colour; `grey` when left out.
    #[serde(default)]
    pub colour: TagColour,
}

/// `PUT /tags/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagChange {
    /// The tag's name.
    pub name: String,
    /// The tag's colour; unchanged when left out.
    #[serde(default)]
    pub colour: Option<TagColour>,
    /// Position among the tags of the same team, from 0; unchanged when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    pub position: Option<usize>,
    /// `false` restores an archived tag.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// A tag on a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationTag {
    /// The tag's id.
    pub id: TagId,
    /// The tag's name.
    pub name: String,
    /// The tag's colour.
    pub colour: TagColour,
}

/// `PUT /conversations/{id}/tags`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationTags {
    /// All tags of the conversation. Those that it has, and the list leaves out, are removed.
    pub tag_ids: Vec<TagId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_the_same_value_in_json_and_in_the_database() {
        for colour in TagColour::ALL {
            assert_eq!(serde_json::to_value(colour).unwrap(), colour.as_str());
        }
    }
}
