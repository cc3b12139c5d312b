//! API keys, with which programs of integrators authenticate.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    account::Permission,
    ids::{ApiKeyId, TeamId},
};

/// The prefix of every API key.
pub const API_KEY_PREFIX: &str = "smsc_";

/// Id and name of an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyName {
    /// The API key's id.
    pub id: ApiKeyId,
    /// The API key's name.
    pub name: String,
}

/// The default of [`NewRotation::overlap_hours`].
pub const DEFAULT_OVERLAP_HOURS: u16 = 24;
/// Maximum of [`NewRotation::overlap_hours`]: 7 days.
pub const MAX_OVERLAP_HOURS: u16 = 7 * 24;

/// An API key. Only hashes of its secrets are stored, so each is shown once: at creation, or after a rotation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// The API key's id.
    pub id: ApiKeyId,
    /// The API key's name.
    pub name: String,
    /// The first characters of the secret, to recognise the key by.
    pub hint: String,
    /// The API key's permissions.
    pub permissions: BTreeSet<Permission>,
    /// The teams that the API key has access to.
    pub team_ids: Vec<TeamId>,
    /// The name of the account or API key that created this key.
    pub created_by: String,
    /// When the key was created.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the key was last used, to the hour; `null` when it never was.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When the key stops working; `null` when it does not expire.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub expires_at: Option<DateTime<Utc>>,
    /// The secret before the last rotation, while it works; otherwise `null`.
    #[serde(default)]
    pub previous: Option<PreviousSecret>,
    /// The secret, for `Authorization: Bearer`. Only the response that creates the key or rotates it contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The version for `If-Match`: the value of `ETag`, without the quotes.
    #[serde(default)]
    pub version: String,
}

/// The secret that a rotation has replaced, and that still works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviousSecret {
    /// The first characters of the secret.
    pub hint: String,
    /// When the secret stops working.
    #[serde(deserialize_with = "crate::time::required")]
    pub expires_at: DateTime<Utc>,
    /// When the secret was last used, to the hour; `null` when it never was.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for ApiKey {
    /// Leaves the secret out, so that it cannot reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// `POST /api_keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// The API key's name, 1 to 100 characters.
    pub name: String,
    /// The API key's permissions: a subset of its creator's.
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::unique::required"))]
    pub permissions: BTreeSet<Permission>,
    /// The teams that the API key has access to; at least one.
    pub team_ids: Vec<TeamId>,
    /// When the key stops working; left out or `null` when it does not expire.
    #[serde(default, deserialize_with = "crate::time::optional", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// `POST /api_keys/{id}/rotation`: gives the key a new secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewRotation {
    /// For how many hours the present secret still works, 0 to 168; 24 when left out.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::optional"))]
    #[cfg_attr(feature = "openapi", schema(maximum = 168))]
    pub overlap_hours: Option<u16>,
    /// When the key stops working, or `null` when it does not expire; unchanged when left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

/// Distinguishes a field that is `null` from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<DateTime<Utc>>>, D::Error> {
    crate::time::optional(deserializer).map(Some)
}
