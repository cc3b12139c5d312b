//! API keys: how an integrator's program signs in.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    account::Permission,
    ids::{ApiKeyId, TeamId},
};

/// What every API key begins with.
pub const API_KEY_PREFIX: &str = "smsc_";

/// An API key by name: who wrote, when it was a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyName {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
}

/// An API key. Only its hash is kept, so the secret is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// The secret's first characters, by which one knows it again.
    pub hint: String,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// The teams in which it may.
    pub team_ids: Vec<TeamId>,
    /// The name of who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The day on which it was last used, to the hour; `null` when never.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The key itself, for `Authorization: Bearer`: only in the answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl fmt::Debug for ApiKey {
    /// Without the secret, which must reach no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// `POST /api_keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// What it is called, 1 to 100 characters.
    pub name: String,
    /// What it may do; nothing that its maker may not.
    pub permissions: BTreeSet<Permission>,
    /// The teams in which it may; at least one.
    pub team_ids: Vec<TeamId>,
}
