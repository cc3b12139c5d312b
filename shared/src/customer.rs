//! Customers of a team's daily file and their key data.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A customer in the current daily file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Customer {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The customer's name.
    pub name: String,
}

/// One column of key data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Field {
    /// The column's name in the daily file.
    pub name: String,
    /// The customer's value, as written in the file.
    pub value: String,
}

/// A customer with their key data, in file order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerKeyData {
    /// The customer reference number.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The customer's name.
    pub name: String,
    /// The other columns of the file.
    pub fields: Vec<Field>,
}

/// `GET /conversations/{id}/key_data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyData {
    /// The date of the current daily file; `null` when the team has none.
    pub file_date: Option<NaiveDate>,
    /// The customers with this number in that file: none, one or several.
    pub customers: Vec<CustomerKeyData>,
    /// Whether the number now belongs to a customer other than the conversation's.
    pub changed_owner: bool,
    /// When the first daily file with the new owner was uploaded. Earlier messages belong to the previous owner. `null`
    /// when the owner has not changed.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub changed_owner_since: Option<DateTime<Utc>>,
}
