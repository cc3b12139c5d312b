//! The daily file: the customers that a team works with today. Uploading one, what it changes, and the earlier ones.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    PhoneNumber,
    ids::{DailyFileId, TeamId},
};

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

/// How many added, changed and dropped customers an answer names, of each.
pub const MAX_EXAMPLES: usize = 20;

/// How many refs that stand on several lines an answer names.
pub const MAX_DUPLICATES: usize = 100;

/// A customer as a file has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerRow {
    /// The line of the file.
    pub line: i64,
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The name.
    pub name: String,
    /// The number (E.164).
    pub number: PhoneNumber,
}

/// What can differ between two rows of the same customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangedField {
    /// The name.
    Name,
    /// The number.
    Number,
    /// The further columns, or their names.
    KeyData,
}

/// A customer before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerChange {
    /// In the file that was current before.
    pub before: CustomerRow,
    /// In this file.
    pub after: CustomerRow,
    /// What differs; empty when only the count of rows does.
    pub differs: Vec<ChangedField>,
}

/// A customer reference number on several lines of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DuplicateRef {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The lines on which it stands, at most 20 of them.
    pub lines: Vec<i64>,
    /// Those of the lines that were accepted: the first one for each number.
    pub accepted_lines: Vec<i64>,
}

/// Some of the customers who differ between two files, in file order, at most 20 of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Examples {
    /// New customers.
    pub added: Vec<CustomerRow>,
    /// Customers with another name, number or key data.
    pub changed: Vec<CustomerChange>,
    /// Customers of the file before who are not in this one.
    pub dropped: Vec<CustomerRow>,
}

/// What a file holds, and how it differs from the team's current file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileDifference {
    /// How many rows the file has, without the header and blank lines.
    pub rows: i64,
    /// How many of them are accepted.
    pub accepted: i64,
    /// The first 1000 rows that are not accepted, in file order.
    pub rejected: Vec<RejectedRow>,
    /// How many rows are not accepted.
    pub rejected_rows: i64,
    /// How many customers (refs) are new, compared with the current file.
    pub added: i64,
    /// How many have another name, number or key data than before.
    pub changed: i64,
    /// How many customers of the current file are not in this one.
    pub dropped: i64,
    /// How many customers are the same as before.
    pub unchanged: i64,
    /// The first 100 refs that stand on several lines, in file order.
    pub duplicates: Vec<DuplicateRef>,
    /// How many refs stand on several lines.
    pub duplicate_refs: i64,
    /// Some customers who are added, changed or dropped.
    pub examples: Examples,
    /// The key data columns, in file order.
    pub columns: Vec<String>,
}

/// A file that has become current: `POST /teams/{id}/daily_files`, and its restoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedFile {
    /// Its id.
    pub id: DailyFileId,
    /// The day it is for: the day on which it was uploaded, in the team's time zone.
    pub file_date: NaiveDate,
    /// What it holds, and how it differs from the file before.
    #[serde(flatten)]
    pub difference: FileDifference,
}

/// `POST /teams/{id}/daily_files?preview=true`: what a file would change. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilePreview {
    /// Whether the file replaces so many customers that using it takes `confirm=true`.
    pub needs_confirmation: bool,
    /// What it holds, and how it differs from the current file.
    #[serde(flatten)]
    pub difference: FileDifference,
}

/// How many customers a file would replace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turnover {
    /// How many customers are new.
    pub added: i64,
    /// How many have another name, number or key data.
    pub changed: i64,
    /// How many customers of the current file would be dropped.
    pub dropped: i64,
    /// How many stay as they are.
    pub unchanged: i64,
}

impl Turnover {
    /// How many customers the current file has.
    #[must_use]
    pub fn customers_before(&self) -> i64 {
        self.changed + self.dropped + self.unchanged
    }

    /// How many customers the new file has.
    #[must_use]
    pub fn customers_after(&self) -> i64 {
        self.added + self.changed + self.unchanged
    }

    /// Whether most of the current customers would be dropped, or most of the new file's customers are unknown so far.
    /// A team's first file replaces no customers.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        let before = self.customers_before();
        before > 0 && (self.dropped * 2 > before || self.added * 2 > self.customers_after())
    }
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
    /// The name of the account or API key that uploaded it.
    pub created_by: String,
    /// When it was uploaded.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_unusual_when_it_replaces_most_customers() {
        let turnover = |added, changed, dropped, unchanged| Turnover { added, changed, dropped, unchanged };
        for (counts, is_unusual) in [
            (turnover(10, 0, 0, 0), false),
            (turnover(0, 10, 0, 0), false),
            (turnover(0, 0, 5, 5), false),
            (turnover(0, 0, 6, 4), true),
            (turnover(10, 0, 0, 10), false),
            (turnover(11, 0, 0, 10), true),
            (turnover(10, 0, 10, 0), true),
            (turnover(0, 0, 0, 0), false),
        ] {
            assert_eq!(counts.is_unusual(), is_unusual, "{counts:?}");
        }
    }
}
