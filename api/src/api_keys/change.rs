//! Creates and revokes API keys. A key cannot exceed its creator's permissions and teams.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use shared::{
    api_key::{API_KEY_PREFIX, ApiKey, NewApiKey},
    ids::{ApiKeyId, TeamId},
};

use super::queries;
use crate::{
    auth::{Authority, LookupError, NotFound, Resource, TeamScope, token::token_hash},
    db::{DbConnection, DbError},
    events,
    fields::{Invalid, Validation},
};

/// Why an API key was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateApiKeyError {
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Number of a key's first characters that are stored as plain text, so that people can recognise the key.
const HINT: usize = API_KEY_PREFIX.len() + 6;

/// Creates a key. Only the returned value contains the secret.
///
/// # Errors
/// [`CreateApiKeyError`].
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    new: NewApiKey,
    by: &str,
    now: DateTime<Utc>,
) -> Result<ApiKey, CreateApiKeyError> {
    let mut validation = Validation::default();
    let name = validation.name("name", &new.name);
    if new.permissions.is_empty() {
        validation.reject("permissions", "required", "Choose at least one permission.");
    }
    authority.check_permissions(&mut validation, &new.permissions);
    authority.check_teams(conn, &mut validation, &new.team_ids, true)?;
    validation.finish()?;
    let secret = format!("{API_KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let hint: String = secret.chars().take(HINT).collect();
    let team_ids: BTreeSet<TeamId> = new.team_ids.into_iter().collect();
    let new = NewApiKey { name, permissions: new.permissions, team_ids: team_ids.into_iter().collect() };
    let made = queries::insert(conn, &new, &token_hash(&secret), &hint, by, now)?;
    Ok(ApiKey { secret: Some(secret), ..made })
}

/// Revokes a key whose teams are all in the scope, permanently and at once. Returns it.
///
/// # Errors
/// `NotFound` for other keys, and for revoked ones.
pub fn revoke(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<ApiKey, LookupError> {
    let known = queries::list(conn, scope)?.into_iter().find(|key| key.id == id);
    let key = known.ok_or(NotFound::new(Resource::ApiKey))?;
    queries::revoke(conn, id, now)?;
    events::queries::insert_of_account(conn, None, now)?;
    Ok(key)
}
