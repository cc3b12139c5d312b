//! Daily files: a team's customers of the day. Covers uploads, the changes that a file makes, and the history.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    PhoneNumber,
    ids::{DailyFileId, TeamId},
};

/// Maximum number of rejected rows in a response. All of them can be downloaded.
pub const MAX_REJECTED_SHOWN: usize = 1000;

/// A row of a file that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectedRow {
    /// The line that the row starts on. The header is line 1.
    pub line: i64,
    /// The column that is wrong; `null` when the row as a whole is wrong.
    pub column: Option<String>,
    /// The value, shortened to 200 characters.
    pub value: String,
    /// Why the row is not accepted, as a sentence.
    pub reason: String,
}

/// Maximum number of added, of changed and of dropped customers in a response.
pub const MAX_EXAMPLES: usize = 20;

/// Maximum number of duplicate refs in a response.
pub const MAX_DUPLICATES: usize = 100;

/// A customer in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerRow {
    /// The line in the file.
    pub line: i64,
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The customer's name.
    pub name: String,
    /// The number (E.164).
    pub number: PhoneNumber,
}

/// What can differ between two rows of the same customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangedField {
    /// The customer's name.
    Name,
    /// The customer's number.
    Number,
    /// The values or names of the other columns.
    KeyData,
}

/// A customer in the previous file and in this file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerChange {
    /// The row in the previously current file.
    pub before: CustomerRow,
    /// The row in this file.
    pub after: CustomerRow,
    /// The fields that differ; empty when only the number of rows differs.
    pub differs: Vec<ChangedField>,
}

/// A customer reference number on several lines of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DuplicateRef {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The lines with this ref, at most 20.
    pub lines: Vec<i64>,
    /// The accepted lines among them: the first line for each number.
    pub accepted_lines: Vec<i64>,
}

/// Examples of customers who differ between two files, in file order, at most 20 of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Examples {
    /// New customers.
    pub added: Vec<CustomerRow>,
    /// Customers with another name, number or key data.
    pub changed: Vec<CustomerChange>,
    /// Customers of the previous file who are not in this file.
    pub dropped: Vec<CustomerRow>,
}

/// The content of a file, and how it differs from the team's current file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileDifference {
    /// Number of rows, without the header and blank lines.
    pub rows: i64,
    /// Number of accepted rows.
    pub accepted: i64,
    /// The first 1000 rejected rows, in file order.
    pub rejected: Vec<RejectedRow>,
    /// Number of rejected rows.
    pub rejected_rows: i64,
    /// Number of customers (refs) that are not in the current file.
    pub added: i64,
    /// Number of customers whose name, number or key data differs.
    pub changed: i64,
    /// Number of customers of the current file who are not in this file.
    pub dropped: i64,
    /// Number of customers without a difference.
    pub unchanged: i64,
    /// The first 100 refs that appear on several lines, in file order.
    pub duplicates: Vec<DuplicateRef>,
    /// Number of refs that appear on several lines.
    pub duplicate_refs: i64,
    /// Examples of customers who are added, changed or dropped.
    pub examples: Examples,
    /// The key data columns, in file order.
    pub columns: Vec<String>,
}

/// A file that has become current: the response to an upload (`POST /teams/{id}/daily_files`) or a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedFile {
    /// The daily file's id.
    pub id: DailyFileId,
    /// The day of the upload, in the team's time zone.
    pub file_date: NaiveDate,
    /// The content of the file, and how it differs from the previous file.
    #[serde(flatten)]
    pub difference: FileDifference,
}

/// `POST /teams/{id}/daily_files?preview=true`: the changes that a file would make. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilePreview {
    /// Whether the file replaces so many customers that the upload needs `confirm=true`.
    pub needs_confirmation: bool,
    /// The content of the file, and how it differs from the current file.
    #[serde(flatten)]
    pub difference: FileDifference,
}

/// Number of customers that a file would add, change, drop and keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turnover {
    /// Number of new customers.
    pub added: i64,
    /// Number of customers whose name, number or key data would change.
    pub changed: i64,
    /// Number of customers of the current file who would be dropped.
    pub dropped: i64,
    /// Number of customers who would stay the same.
    pub unchanged: i64,
}

impl Turnover {
    /// Returns the number of customers in the current file.
    #[must_use]
    pub fn customers_before(&self) -> i64 {
        self.changed + self.dropped + self.unchanged
    }

    /// Returns the number of customers in the new file.
    #[must_use]
    pub fn customers_after(&self) -> i64 {
        self.added + self.changed + self.unchanged
    }

    /// Returns whether the file drops most of the current customers, or most of its own customers are new. A team's
    /// first file is never unusual.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        let before = self.customers_before();
        before > 0 && (self.dropped * 2 > before || self.added * 2 > self.customers_after())
    }
}

/// A daily file in a team's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DailyFile {
    /// The daily file's id.
    pub id: DailyFileId,
    /// The team that the file belongs to.
    pub team_id: TeamId,
    /// The day of the upload, in the team's time zone.
    pub file_date: NaiveDate,
    /// Number of rows, without the header and blank lines.
    pub rows: i64,
    /// Number of accepted rows.
    pub accepted: i64,
    /// Number of rejected rows.
    pub rejected_rows: i64,
    /// Whether this is the team's current file.
    pub is_current: bool,
    /// The name of the account or API key that uploaded it.
    pub created_by: String,
    /// When the file was uploaded.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
}

/// `GET` and `PUT /teams/{id}/column_mapping`: the columns of a team's files that have the ref, name and number. For a
/// field without a column here, the usual column names apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnMapping {
    /// The column with the customer reference number.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The column with the customer's name.
    pub name: Option<String>,
    /// The column with the phone number.
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
