//! How long a team's data is kept.

use serde::{Deserialize, Serialize};

/// Largest number of days that can be set.
pub const MAX_DAYS: i32 = 36_500;
/// Smallest number of days that the audit log can be kept for.
pub const MIN_AUDIT_DAYS: i32 = 30;

/// `/teams/{id}/retention`: how many days each class of a team's data is kept. `null` keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retention {
    /// Days after its closure until a conversation is erased: the conversation and its messages stay as numbers.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 36500))]
    pub conversation_days: Option<i32>,
    /// Days after its import until a daily file that is not the current one is deleted, with its rejected rows.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 36500))]
    pub key_data_days: Option<i32>,
    /// Days until an entry of the team in the audit log is deleted.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    #[cfg_attr(feature = "openapi", schema(minimum = 30, maximum = 36500))]
    pub audit_days: Option<i32>,
}
