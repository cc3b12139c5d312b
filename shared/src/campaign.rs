//! Campaigns: ad-hoc messages to the rows of a CSV file.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ErrorCode, PhoneNumber,
    ids::{CampaignId, TeamId},
    segments::Encoding,
};

/// Maximum number of messages in a minute.
pub const MAX_PACE: i32 = 60_000;
/// The pace of a new campaign, in messages per minute.
pub const DEFAULT_PACE: i32 = 60;
/// Maximum number of rows of a campaign.
pub const MAX_CAMPAIGN_ROWS: i64 = 200_000;
/// Maximum number of rows in a preview.
pub const MAX_SAMPLES: usize = 10;

/// The state of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Not started. It can be changed.
    Draft,
    /// Messages go out, or will from `starts_at` on.
    Running,
    /// No messages go out until it is resumed.
    Paused,
    /// Ended before its last row.
    Cancelled,
    /// Every row has its result.
    Finished,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Campaign {
    /// The campaign's id.
    pub id: CampaignId,
    /// The team.
    pub team_id: TeamId,
    /// The name.
    pub name: String,
    /// The team's number that the messages are sent from.
    pub from: PhoneNumber,
    /// The text, with placeholders for the columns of the file.
    pub body: String,
    /// Messages per minute.
    pub pace: i32,
    /// The state.
    pub state: CampaignState,
    /// Why the campaign paused by itself; `null` if it did not.
    pub pause_reason: Option<String>,
    /// The columns of the file besides ref, name and number.
    pub columns: Vec<String>,
    /// Number of rows with a number.
    pub rows: i64,
    /// Number of rows of the file that cannot be used.
    pub rejected_rows: i64,
    /// Number of rows whose message is stored.
    pub queued: i64,
    /// Number of rows whose message was refused.
    pub refused: i64,
    /// The name of the account or API key that made it.
    pub created_by: String,
    /// When the file was uploaded.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the next message goes out; `null` unless it runs.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub starts_at: Option<DateTime<Utc>>,
    /// When it was finished or cancelled.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub finished_at: Option<DateTime<Utc>>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

impl Campaign {
    /// Returns whether it waits for the time of its start.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == CampaignState::Running && self.queued + self.refused == 0
    }
}

/// `PUT /campaigns/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignChange {
    /// The name.
    pub name: String,
    /// The text, 1 to 1600 characters.
    pub body: String,
    /// The team's number to send from; unchanged when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PhoneNumber>,
    /// Messages per minute, 1 to 60000.
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::small"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 60000))]
    pub pace: i32,
}

/// A change of a campaign's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CampaignAction {
    /// Start a draft, or resume a paused campaign.
    Run,
    /// Stop sending until the campaign is resumed.
    Pause,
    /// End the campaign.
    Cancel,
}

impl fmt::Display for CampaignAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CampaignAction::Run => "run",
            CampaignAction::Pause => "pause",
            CampaignAction::Cancel => "cancel",
        })
    }
}

/// `PUT /campaigns/{id}/state`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignStateChange {
    /// What to do.
    pub action: CampaignAction,
    /// With `run`: when the first message goes out, at most a year from now; now when left out.
    #[serde(default, deserialize_with = "crate::time::optional", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
}

/// `GET /campaigns/{id}/preview`: the messages that the campaign would send now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignPreview {
    /// Number of rows that would be sent.
    pub sendable: i64,
    /// Number of SMS parts of these rows. The cost is this times the price of a part.
    pub parts: i64,
    /// Number of these rows that need UCS-2, which has fewer characters in a part.
    pub ucs2: i64,
    /// Number of rows without a value for a placeholder.
    pub missing_values: i64,
    /// The placeholders without a value in at least one row.
    pub missing: Vec<String>,
    /// Number of rows whose text would be too long or empty.
    pub unusable: i64,
    /// Number of rows whose number has opted out.
    pub opted_out: i64,
    /// Number of rows whose number has a conversation in progress.
    pub in_progress: i64,
    /// Number of rows whose number is in an earlier row. Each row is a message.
    pub repeated: i64,
    /// The first rows, at most 10.
    pub samples: Vec<CampaignSample>,
    /// The first rows that would not be sent, at most 10.
    pub refused: Vec<CampaignSample>,
    /// The first rows of the file that cannot be used, at most 10.
    pub rejected: Vec<CampaignSample>,
}

/// A row in a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignSample {
    /// The line in the file.
    pub line: i64,
    /// The number, or the value that cannot be used.
    pub number: String,
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The customer's name.
    pub name: String,
    /// The text.
    pub body: String,
    /// Number of SMS parts.
    pub parts: i64,
    /// The encoding.
    pub encoding: Encoding,
    /// Why the row would not be sent; `null` if it would.
    pub problem: Option<RowProblem>,
}

/// Why a row is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowProblem {
    /// The code that `POST /conversations` has for it; `invalid_file` for a row that cannot be used.
    pub code: ErrorCode,
    /// What is wrong, as a sentence.
    pub text: String,
}
