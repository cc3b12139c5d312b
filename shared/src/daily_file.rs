//! The daily file: the customers that a team works with today. Bringing one in, what became of it, and the earlier ones.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{DailyFileId, TeamId};

/// How many rejected rows an answer names; all of them can be downloaded.
pub const MAX_REJECTED_SHOWN: usize = 1000;

/// A row of a file that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectedRow {
    /// The line on which the row begins, from 1; the header is on line 1.
    pub line: i64,
    /// The column that is at fault; `null` when the row as a whole is.
    pub column: Option<String>,
    /// What stands there, shortened to 200 characters.
    pub value: String,
    /// Why it cannot be taken, in a sentence.
    pub reason: String,
}

/// A file that has become current: `POST /teams/{id}/daily_files`, and its restoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedFile {
    /// Its id.
    pub id: DailyFileId,
    /// The day it is for: the day on which it was brought in, in the team's time zone.
    pub file_date: NaiveDate,
    /// How many rows it has, without the header and blank lines.
    pub rows: i64,
    /// How many of them were taken.
    pub accepted: i64,
    /// The rows that were not, the first 1000 of them, in the order of the file.
    pub rejected: Vec<RejectedRow>,
    /// How many rows were not taken.
    pub rejected_rows: i64,
    /// How many customers are new, compared with the file that was current before.
    pub added: i64,
    /// How many have another name, number or key data than before.
    pub changed: i64,
    /// How many of the file before are not in this one.
    pub dropped: i64,
    /// The key data columns, in file order.
    pub columns: Vec<String>,
}

/// A file of a team's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DailyFile {
    /// Its id.
    pub id: DailyFileId,
    /// The team's.
    pub team_id: TeamId,
    /// The day it is for.
    pub file_date: NaiveDate,
    /// How many rows it has.
    pub rows: i64,
    /// How many of them were taken.
    pub accepted: i64,
    /// How many were not.
    pub rejected_rows: i64,
    /// Whether its customers are the team's customers now.
    pub is_current: bool,
    /// The name of who brought it in.
    pub created_by: String,
    /// When it was brought in.
    pub created_at: DateTime<Utc>,
}

/// `GET` and `PUT /teams/{id}/column_mapping`: which columns of a team's files hold what. A column that is not named
/// here is found by its usual names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnMapping {
    /// The column of the customer reference number.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The column of the name.
    pub name: Option<String>,
    /// The column of the number.
    pub number: Option<String>,
}
