//! Creates, rotates and revokes API keys. A key cannot exceed its creator's permissions and teams.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    account::Permission,
    api_key::{API_KEY_PREFIX, ApiKey, DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS, NewApiKey, NewRotation},
    ids::{ApiKeyId, TeamId},
};

use super::queries;
use crate::{
    auth::{Authority, LookupError, NotFound, Resource, TeamScope, token::token_hash},
    db::{DbConnection, DbError},
    events,
    fields::{Invalid, Validation},
    precondition::{Changed, Expected},
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

/// Why an API key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeApiKeyError {
    /// The key does not exist, was revoked, or has a team outside the caller's.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The key has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// The new secret would give the caller permissions that it does not have.
    #[error("This API key has permissions that you do not have: {}. Ask an administrator.", words(.0))]
    ExceedsCaller(BTreeSet<Permission>),
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

fn words(permissions: &BTreeSet<Permission>) -> String {
    permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(", ")
}

/// Number of a secret's first characters that are stored as plain text, so that people can recognise it.
const HINT: usize = API_KEY_PREFIX.len() + 6;

/// A new secret, with what the database stores of it.
pub(super) struct NewSecret {
    secret: String,
    pub(super) hash: String,
    pub(super) hint: String,
}

impl NewSecret {
    fn random() -> Self {
        let secret = format!("{API_KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        Self { hash: token_hash(&secret), hint: secret.chars().take(HINT).collect(), secret }
    }
}

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
    check_expiry(&mut validation, new.expires_at, now);
    validation.finish()?;
    let secret = NewSecret::random();
    let team_ids: BTreeSet<TeamId> = new.team_ids.into_iter().collect();
    let new = NewApiKey { name, team_ids: team_ids.into_iter().collect(), ..new };
    let made = queries::insert(conn, &new, &secret, by, now)?;
    Ok(ApiKey { secret: Some(secret.secret), ..made })
}

/// Gives a key a new secret. The present one works for some hours more, but not longer than it would have. Only the
/// returned value contains the new secret.
///
/// # Errors
/// [`ChangeApiKeyError`].
pub fn rotate(
    conn: &mut DbConnection,
    authority: &Authority,
    id: ApiKeyId,
    expected: &Expected,
    rotation: &NewRotation,
    now: DateTime<Utc>,
) -> Result<ApiKey, ChangeApiKeyError> {
    let key = begin_change(conn, authority.scope(), id, expected, now)?;
    let missing = authority.missing(&key.permissions);
    if !missing.is_empty() {
        return Err(ChangeApiKeyError::ExceedsCaller(missing));
    }
    let mut validation = Validation::default();
    let overlap = rotation.overlap_hours.unwrap_or(DEFAULT_OVERLAP_HOURS);
    if overlap > MAX_OVERLAP_HOURS {
        let message = format!("Choose 0 to {MAX_OVERLAP_HOURS} hours.");
        validation.reject("overlap_hours", "out_of_range", message);
    }
    let expires_at = rotation.expires_at.unwrap_or(key.expires_at);
    check_expiry(&mut validation, expires_at, now);
    validation.finish()?;
    let overlap_ends = now + TimeDelta::hours(i64::from(overlap));
    let overlap_ends = key.expires_at.map_or(overlap_ends, |expires_at| expires_at.min(overlap_ends));
    let secret = NewSecret::random();
    queries::rotate(conn, id, &secret, expires_at, overlap_ends)?;
    events::queries::insert_of_account(conn, None, now)?;
    let rotated = find(conn, authority.scope(), id, now)?;
    Ok(ApiKey { secret: Some(secret.secret), ..rotated })
}

/// Ends the overlap of a rotation at once. Returns the key, or `None` if there is no overlap.
///
/// # Errors
/// [`ChangeApiKeyError`].
pub fn end_overlap(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ApiKeyId,
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<Option<ApiKey>, ChangeApiKeyError> {
    let key = begin_change(conn, scope, id, expected, now)?;
    if key.previous.is_none() {
        return Ok(None);
    }
    queries::end_overlap(conn, id, now)?;
    events::queries::insert_of_account(conn, None, now)?;
    Ok(Some(key))
}

/// Revokes a key, permanently and at once. Returns it.
///
/// # Errors
/// [`ChangeApiKeyError`]. A key that is revoked already does not exist.
pub fn revoke(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ApiKeyId,
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<ApiKey, ChangeApiKeyError> {
    let key = begin_change(conn, scope, id, expected, now)?;
    queries::revoke(conn, id, now)?;
    events::queries::insert_of_account(conn, None, now)?;
    Ok(key)
}

/// Returns a key whose teams are all in the scope.
///
/// # Errors
/// `NotFound` for other keys, and for revoked ones.
pub fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<ApiKey, LookupError> {
    let found = queries::list(conn, scope, now)?.into_iter().find(|key| key.id == id);
    Ok(found.ok_or(NotFound::new(Resource::ApiKey))?)
}

/// Locks a key for a change, and checks that it has an expected version.
fn begin_change(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ApiKeyId,
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<ApiKey, ChangeApiKeyError> {
    queries::lock(conn, id)?;
    let key = find(conn, scope, id, now)?;
    expected.check(&key)?;
    Ok(key)
}

fn check_expiry(validation: &mut Validation, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
    if expires_at.is_some_and(|expires_at| expires_at <= now) {
        validation.reject("expires_at", "past", "Choose a time in the future.");
    }
}
