//! The sessions that an account has on its devices.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One of the caller's own sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnSession {
    /// The session's id.
    pub id: i64,
    /// When the account signed in.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the session was last refreshed. A browser in use refreshes it every 15 minutes.
    #[serde(deserialize_with = "crate::time::required")]
    pub last_used_at: DateTime<Utc>,
    /// Browser and operating system, such as "Firefox on Windows"; empty when the client sent neither.
    pub user_agent: String,
    /// The IP address that the account signed in from.
    pub address: String,
    /// Whether the request belongs to this session.
    pub current: bool,
}
