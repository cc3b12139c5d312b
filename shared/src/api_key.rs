//! API keys, with which programs of integrators authenticate.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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

/// An API key. Only a hash of the secret is stored, so the secret is shown once, at creation.
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
    /// The secret, for `Authorization: Bearer`. Only the response that creates the key contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
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
}
