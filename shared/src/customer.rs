//! Customers of a team's daily file and their key data.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A customer as the current daily file names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Customer {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The name.
    pub name: String,
}

/// One column of key data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Field {
    /// The column's name in the daily file.
    pub name: String,
    /// The customer's value, as it stands in the file.
    pub value: String,
}

/// A customer with their key data, in file order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerKeyData {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The name.
    pub name: String,
    /// The further columns of the file.
    pub fields: Vec<Field>,
}

/// `GET /conversations/{id}/key_data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyData {
    /// The date of the current daily file; `null` when the team has none.
    pub file_date: Option<NaiveDate>,
    /// The customers of that file who have this number: none, one, or several.
    pub customers: Vec<CustomerKeyData>,
    /// Whether the number now belongs to another customer than the conversation was held with.
    pub changed_owner: bool,
    /// When the first daily file came in that said so: earlier messages are the previous holder's. `null` while the
    /// number has not changed hands.
    #[serde(default)]
    pub changed_owner_since: Option<DateTime<Utc>>,
}
